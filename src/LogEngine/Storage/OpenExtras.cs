namespace LogEngine.Storage;

/// <summary>Open flags whose numbers differ between systems. Close-on-exec is always set.</summary>
[Flags]
internal enum OpenExtras
{
    None = 0,
    Create = 1,
    Exclusive = 2,
    Directory = 4,
    Direct = 8,

    /// <summary>Never waits for whoever is at the other end of a pipe.</summary>
    NonBlocking = 16,
}
