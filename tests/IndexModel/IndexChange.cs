namespace LogEngine.IndexModel;

/// <summary>One step; what it means does not depend on the steps before.</summary>
/// <param name="Do">What.</param>
/// <param name="First">Rank of a key among all, or which pin.</param>
/// <param name="Second">Rank of another key, an expiry, or how many.</param>
/// <param name="Flags">How the bounds of a range are taken.</param>
internal readonly record struct IndexChange(IndexDo Do, int First, int Second = 0, int Flags = 0)
{
    /// <summary>The range has no lower bound.</summary>
    internal const int OpenFrom = 1;

    /// <summary>The range has no upper bound.</summary>
    internal const int OpenTo = 2;

    /// <summary>The lower bound is the first half of its key.</summary>
    internal const int HalfFrom = 4;

    /// <summary>The upper bound is its key with a zero byte behind it.</summary>
    internal const int LongerTo = 8;

    /// <summary>Whether it changes the index, which is what is counted.</summary>
    internal bool IsChange => Do <= IndexDo.RemoveRange;

    public override string ToString() => $"{Do}({First}, {Second}, {Flags})";
}
