using System.Buffers;

namespace LogEngine.Compare.Stores;

/// <summary>Gets into one buffer; several keys by one multi-get.</summary>
internal sealed class LogEngineReader : IBenchStoreReader
{
    private readonly EmbeddedKeyspace _keyspace;
    private readonly int _valueBytes;
    private readonly ArrayBufferWriter<byte> _buffer;
    private readonly byte[] _from = new byte[StoreKeys.Length];
    private ReadOnlyMemory<byte>[] _keys = [];

    internal LogEngineReader(EmbeddedKeyspace keyspace, int valueBytes)
    {
        _keyspace = keyspace;
        _valueBytes = valueBytes;
        _buffer = new ArrayBufferWriter<byte>(4096 + valueBytes);
    }

    /// <inheritdoc/>
    public int Get(ulong key, Span<byte> value)
    {
        Span<byte> bytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(bytes, key);
        _buffer.ResetWrittenCount();
        if (!_keyspace.TryGet(bytes, _buffer, out _))
        {
            return -1;
        }

        _buffer.WrittenSpan.CopyTo(value);
        return _buffer.WrittenCount;
    }

    /// <inheritdoc/>
    public int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values)
    {
        if (_keys.Length != keys.Length)
        {
            _keys = new ReadOnlyMemory<byte>[keys.Length];
            for (int i = 0; i < _keys.Length; i++)
            {
                _keys[i] = new byte[StoreKeys.Length];
            }
        }

        for (int i = 0; i < keys.Length; i++)
        {
            StoreKeys.Write(
                System.Runtime.InteropServices.MemoryMarshal.AsMemory(_keys[i]).Span, keys[i]);
        }

        ValueTask<StoredValue?[]> read = _keyspace.GetManyAsync(_keys);
        StoredValue?[] found = read.IsCompletedSuccessfully
            ? read.Result
            : read.AsTask().GetAwaiter().GetResult();
        int count = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (found[i] is { } value)
            {
                value.Memory.Span.CopyTo(values[(i * _valueBytes)..]);
                value.Dispose();
                count++;
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public ScanSum Scan() => Scan(default(ScanRange), long.MaxValue);

    /// <inheritdoc/>
    public ScanSum Scan(ulong from, int most)
    {
        StoreKeys.Write(_from, from);
        return Scan(new ScanRange(_from), most);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private ScanSum Scan(ScanRange range, long most)
    {
        ScanCounter counter = new();
        using EmbeddedKeyScan scan = _keyspace.Scan(range);
        for (long i = 0; i < most && scan.MoveNext(); i++)
        {
            counter.Add(scan.Key, scan.Value);
        }

        return counter.Sum;
    }
}
