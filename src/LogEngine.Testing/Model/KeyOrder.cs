namespace LogEngine.Testing.Model;

/// <summary>Keys byte by byte, unsigned, as the engine orders them.</summary>
internal sealed class KeyOrder : IComparer<byte[]>
{
    internal static KeyOrder Instance { get; } = new();

    public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
}
