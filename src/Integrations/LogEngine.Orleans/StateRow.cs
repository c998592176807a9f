using LogEngine.Stores;

namespace LogEngine.Orleans;

/// <summary>
/// A grain's state as it is stored: <c>01</c> and what the serializer made, or <c>00</c> alone where it has been
/// cleared and its ETag lives on.
/// </summary>
internal static class StateRow
{
    private const byte ClearedTag = 0;
    private const byte StateTag = 1;

    internal static ReadOnlyMemory<byte> Cleared { get; } = new byte[] { ClearedTag };

    internal static byte[] Of(ReadOnlySpan<byte> state)
    {
        byte[] row = new byte[1 + state.Length];
        row[0] = StateTag;
        state.CopyTo(row.AsSpan(1));
        return row;
    }

    /// <summary>
    /// A copy of the serialized state, since whoever reads it may keep it; null where it has been cleared.
    /// </summary>
    /// <exception cref="UndecodableValueException">Something else has written the row.</exception>
    internal static byte[]? StateIn(ReadOnlySpan<byte> row, string what) => row switch
    {
        [ClearedTag] => null,
        [StateTag, ..] => row[1..].ToArray(),
        _ => throw new UndecodableValueException(
            what, new FormatException($"A row of {row.Length} bytes that begins with neither 00 nor 01.")),
    };
}
