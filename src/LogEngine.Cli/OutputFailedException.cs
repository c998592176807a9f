namespace LogEngine.Cli;

/// <summary>Standard output could not be written: a full device, an error, not open.</summary>
internal sealed class OutputFailedException : IOException
{
    internal OutputFailedException(Exception cause)
        : base($"standard output cannot be written: {cause.Message}", cause)
    {
    }

    private OutputFailedException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>The same, with what is done all the same, so that nobody does it twice.</summary>
    internal OutputFailedException After(string done) => new($"{done}, but {Message}", this);
}
