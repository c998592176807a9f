using System.Numerics;
using System.Runtime.CompilerServices;
using FASTER.core;

namespace LogEngine.Compare.Faster;

/// <summary>FasterKV with blittable keys and values of 100 bytes, everything in memory.</summary>
public sealed class FasterKvPeer : IDisposable
{
    /// <summary>The only length of a value.</summary>
    public const int ValueBytes = 100;

    private const int RecordBytes = 128;
    private const long PageBytes = 32L << 20;
    private const long LeastMemoryBytes = 256L << 20;

    private readonly FasterKVSettings<ulong, Value> _settings;
    private readonly FasterKV<ulong, Value> _store;

    /// <summary>An empty store with room for so many keys.</summary>
    /// <param name="keys">How many; the index has a bucket for every two.</param>
    public FasterKvPeer(long keys)
    {
        long memory = Math.Max(LeastMemoryBytes, 2 * keys * RecordBytes);
        _settings = new FasterKVSettings<ulong, Value>
        {
            IndexSize = (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(keys, 1024)) * 32,
            LogDevice = new NullDevice(),
            ObjectLogDevice = new NullDevice(),
            PageSize = PageBytes,
            MemorySize = (long)BitOperations.RoundUpToPowerOf2((ulong)memory),
        };
        _store = new FasterKV<ulong, Value>(_settings);
    }

    /// <summary>A session for one thread.</summary>
    public Session OpenSession() =>
        new(_store.For(new SimpleFunctions<ulong, Value>())
            .NewSession<SimpleFunctions<ulong, Value>>());

    /// <inheritdoc/>
    public void Dispose()
    {
        _store.Dispose();
        _settings.Dispose();
    }

    /// <summary>100 bytes.</summary>
    [InlineArray(ValueBytes)]
    public struct Value
    {
        private byte _first;
    }

    /// <summary>Calls of one thread.</summary>
    public sealed class Session : IDisposable
    {
        private readonly ClientSession<
            ulong, Value, Value, Value, Empty, SimpleFunctions<ulong, Value>> _session;

        internal Session(
            ClientSession<ulong, Value, Value, Value, Empty, SimpleFunctions<ulong, Value>> session)
        {
            _session = session;
        }

        /// <summary>Puts a value of <see cref="ValueBytes"/>.</summary>
        public void Put(ulong key, ReadOnlySpan<byte> value)
        {
            Value copy = default;
            value[..ValueBytes].CopyTo(copy);
            _session.Upsert(ref key, ref copy);
        }

        /// <summary>Copies a value; gives its length, or -1 where there is none.</summary>
        public int Get(ulong key, Span<byte> value)
        {
            Value copy = default;
            if (!_session.Read(ref key, ref copy).Found)
            {
                return -1;
            }

            ((ReadOnlySpan<byte>)copy).CopyTo(value);
            return ValueBytes;
        }

        /// <inheritdoc/>
        public void Dispose() => _session.Dispose();
    }
}
