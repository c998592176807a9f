namespace LogEngine.Storage;

/// <summary>A share of a held directory that has nothing open.</summary>
internal sealed class NoShare : IDisposable
{
    internal static NoShare Instance { get; } = new();

    /// <summary>Nothing to let go of.</summary>
    public void Dispose()
    {
    }
}
