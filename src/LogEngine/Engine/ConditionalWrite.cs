using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>One operation on one key, and what is required of the key.</summary>
/// <param name="Kind">Put, delete or touch.</param>
/// <param name="Keyspace">Id of the keyspace.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">Of a put, the value.</param>
/// <param name="ExpiresTicks">UTC ticks from which the value is absent; 0 for never.</param>
/// <param name="Expected">The version, 0 for absence, or <see cref="ConditionalWrite.AnyVersion"/>.</param>
internal readonly record struct OneKey(
    OperationKind Kind,
    uint Keyspace,
    ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Value,
    long ExpiresTicks,
    long Expected);

/// <summary>
/// One operation on one key that is written only if the key has a version, or is there, when it is
/// committed: what most conditional writes are. It serves one after the other, and its bytes are a copy,
/// in memory that it keeps.
/// </summary>
/// <remarks>Owned by one write at a time; see <see cref="ConditionalWrites"/>.</remarks>
internal sealed class ConditionalWrite : LateBatch
{
    /// <summary>Instead of a version: whichever it is, but the key must be there.</summary>
    internal const long AnyVersion = -1;

    private readonly CommittedIndex _state;
    private readonly TimeProvider _time;
    private OperationKind _kind;
    private uint _keyspace;
    private int _keyStart;
    private int _keyLength;
    private long _expected;

    internal ConditionalWrite(CommittedIndex state, TimeProvider time)
        : base(new LogBatch())
    {
        _state = state;
        _time = time;
    }

    /// <summary>The next free one.</summary>
    internal ConditionalWrite? Next { get; set; }

    /// <summary>It was written. There after the commit, as all that follows.</summary>
    internal bool Applied { get; private set; }

    /// <summary>The version that the key had; 0 for none.</summary>
    internal long Actual { get; private set; }

    /// <summary>
    /// The keyspace has been dropped since its id was looked up: nothing was judged, since under that
    /// id every key would look absent and the value would be nowhere.
    /// </summary>
    internal bool IsStale { get; private set; }

    internal void Set(in OneKey operation)
    {
        ReadOnlySpan<byte> key = operation.Key.Span;
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        _kind = operation.Kind;
        _keyspace = operation.Keyspace;
        _expected = operation.Expected;
        _keyStart = OperationCodec.WriteHead(
            head,
            _kind,
            OperationFlags.None,
            _keyspace,
            key.Length,
            operation.ExpiresTicks,
            version: 0);
        _keyLength = key.Length;
        Applied = false;
        Actual = 0;
        IsStale = false;
        Records.Clear();
        Records.Add(head[.._keyStart], key, operation.Value.Span);
    }

    internal override bool Judge()
    {
        IsStale = _state.IsDropped(_keyspace);
        if (IsStale)
        {
            return false;
        }

        Actual = _state.PendingVersion(
            _keyspace,
            Records.Payload(0).Slice(_keyStart, _keyLength),
            _time.GetUtcNow().UtcTicks);
        if (_kind == OperationKind.Touch)
        {
            OperationCodec.SetVersion(Records.MutablePayload(0), Actual);
        }

        Applied = _expected == AnyVersion ? Actual != 0 : Actual == _expected;
        return Applied;
    }
}
