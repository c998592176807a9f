namespace LogEngine.Unit.Index;

/// <summary>Keys byte by byte, unsigned, the shorter first.</summary>
internal sealed class ByteOrder : IComparer<byte[]>
{
    internal static ByteOrder Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
