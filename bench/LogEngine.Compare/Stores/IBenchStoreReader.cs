namespace LogEngine.Compare.Stores;

/// <summary>Reads of one thread.</summary>
internal interface IBenchStoreReader : IDisposable
{
    /// <summary>Copies a value; gives its length, or -1 where there is none.</summary>
    int Get(ulong key, Span<byte> value);

    /// <summary>
    /// Reads several values in the best way the store has, into a buffer, each at a multiple of the
    /// run's value length. Gives how many there were.
    /// </summary>
    int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values);

    /// <summary>
    /// Reads everything in the order of the keys, each value's bytes included.
    /// </summary>
    /// <exception cref="InvalidDataException">A key was not above the one before.</exception>
    ScanSum Scan();

    /// <summary>As <see cref="Scan()"/>, from a key or the next one above, so many at most.</summary>
    ScanSum Scan(ulong from, int most);
}

/// <summary>What a scan saw.</summary>
/// <param name="Records">How many.</param>
/// <param name="Bytes">Bytes of values.</param>
/// <param name="Check">Sum of the values' first words, which shows that they were read.</param>
internal readonly record struct ScanSum(long Records, long Bytes, ulong Check);
