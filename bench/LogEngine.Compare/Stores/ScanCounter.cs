namespace LogEngine.Compare.Stores;

/// <summary>Sums up a scan and checks its order.</summary>
internal struct ScanCounter
{
    private ulong _lastKey;
    private long _records;
    private long _bytes;
    private ulong _check;

    /// <summary>What was seen so far.</summary>
    internal readonly ScanSum Sum => new(_records, _bytes, _check);

    /// <summary>Takes the next record.</summary>
    internal void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ulong number = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(key);
        if (_records > 0 && number <= _lastKey)
        {
            throw new InvalidDataException($"Key {number:X} came after {_lastKey:X}.");
        }

        _lastKey = number;
        _records++;
        _bytes += value.Length;
        _check += StoreValues.WordOf(value);
    }
}
