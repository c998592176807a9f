namespace LogEngine.Index;

/// <summary>An entry outside its page, while pages are laid out anew.</summary>
internal unsafe struct TreeEntry
{
    internal byte* Key;
    internal int Length;

    /// <summary>A branch's child for keys from this one on.</summary>
    internal uint Child;

    /// <summary>
    /// Where the whole key is already, if it was too long for its page; otherwise 0.
    /// </summary>
    internal uint Overflow;

    internal long Version;
    internal ulong Location;
    internal long Expires;
}
