namespace LogEngine.Stores;

/// <summary>A key or a name that no store takes. Nothing was read or written.</summary>
public sealed class StoreNameException : ArgumentException
{
    internal StoreNameException(string what, string reason, string parameter)
        : base($"{what} {reason}.", parameter) => Reason = reason;

    /// <summary>What is wrong with it, in words.</summary>
    public string Reason { get; }
}
