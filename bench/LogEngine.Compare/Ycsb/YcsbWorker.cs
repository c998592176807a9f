using System.Buffers.Binary;
using System.Diagnostics;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Ycsb;

/// <summary>One thread, or task, of a YCSB run: one operation after the other, each acknowledged.</summary>
internal sealed class YcsbWorker : IDisposable
{
    private const int Fields = 10;
    private const int LongestScan = 100;

    private readonly YcsbMix _mix;
    private readonly YcsbKeys _keys;
    private readonly StoreValues _values;
    private readonly Load _load;
    private readonly int _worker;
    private readonly IBenchStoreReader _reader;
    private readonly IBenchStoreWriter _writer;
    private readonly byte[] _value;
    private readonly byte[] _found;
    private ulong _random;
    private YcsbOperation _operation;

    internal YcsbWorker(
        YcsbMix mix, YcsbKeys keys, StoreValues values, IBenchStore store, Load load, int worker)
    {
        _mix = mix;
        _keys = keys;
        _values = values;
        _load = load;
        _worker = worker;
        _reader = store.OpenReader();
        _writer = store.OpenWriter();
        _value = new byte[values.Length];
        _found = new byte[values.Length];
        _random = StoreKeys.Of(Environment.TickCount64 + worker) | 1;
    }

    /// <summary>Times of reads, scans, and the reading half of a read-modify-write.</summary>
    internal LatencyHistogram Reads { get; } = new();

    /// <summary>Times of puts.</summary>
    internal LatencyHistogram Writes { get; } = new();

    /// <summary>Goes on until the load is stopped; puts block.</summary>
    internal void Run()
    {
        while (!_load.Stopped)
        {
            if (Begin(out ulong key))
            {
                long started = Stopwatch.GetTimestamp();
                _writer.Put(key, _value);
                Wrote(started);
            }

            _load.End(_worker, 0);
        }
    }

    /// <summary>As <see cref="Run"/>; puts are awaited.</summary>
    internal async Task RunAsync()
    {
        while (!_load.Stopped)
        {
            if (Begin(out ulong key))
            {
                long started = Stopwatch.GetTimestamp();
                await _writer.PutAsync(key, _value).ConfigureAwait(false);
                Wrote(started);
            }

            _load.End(_worker, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    /// <summary>Does what the next operation reads; says whether the value is to be put under a key.</summary>
    private bool Begin(out ulong key)
    {
        _operation = _mix.Pick(Uniform());
        key = StoreKeys.Of(_operation == YcsbOperation.Insert
            ? _keys.Inserted.Take(_worker)
            : _keys.Choose(_mix, Uniform()));
        switch (_operation)
        {
            case YcsbOperation.Read:
                Read(key);
                return false;
            case YcsbOperation.Scan:
                Scan(key);
                return false;
            case YcsbOperation.ReadModifyWrite:
                Read(key);
                _found.CopyTo(_value, 0);
                break;
            default:
                _values.Write(_value, key);
                break;
        }

        // One of ten fields is new; the first begins with the key.
        int field = _value.Length / Fields;
        int at = Math.Max(sizeof(long), (1 + (int)(Uniform() * (Fields - 1))) * field);
        BinaryPrimitives.WriteUInt64LittleEndian(_value.AsSpan(at), _random);
        return true;
    }

    private void Read(ulong key)
    {
        long started = Stopwatch.GetTimestamp();
        int length = _reader.Get(key, _found);
        Record(Reads, started);
        if (length < 0 || !_values.IsRight(_found.AsSpan(0, length), key))
        {
            throw new InvalidDataException($"The value of key {key:X} is not what was put.");
        }
    }

    private void Scan(ulong key)
    {
        int most = 1 + (int)(Uniform() * LongestScan);
        long started = Stopwatch.GetTimestamp();
        ScanSum sum = _reader.Scan(key, most);
        Record(Reads, started);
        if (sum.Records < 1 || sum.Records > most || sum.Bytes != sum.Records * _values.Length)
        {
            throw new InvalidDataException($"A scan of {most} from {key:X} gave {sum}.");
        }
    }

    private void Wrote(long started)
    {
        Record(Writes, started);
        if (_operation == YcsbOperation.Insert)
        {
            _keys.Inserted.Done(_worker);
        }
    }

    private void Record(LatencyHistogram histogram, long started)
    {
        if (_load.IsRecording)
        {
            histogram.Record(Stopwatch.GetTimestamp() - started);
        }
    }

    private double Uniform()
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return (_random >> 11) * (1.0 / (1UL << 53));
    }
}
