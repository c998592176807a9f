using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// One small value that is put only if its key has a version when it is committed: what most conditional
/// writes are. It serves one after the other, and its bytes are a copy, in memory that it keeps.
/// </summary>
/// <remarks>Owned by one write at a time; see <see cref="ConditionalPuts"/>.</remarks>
internal sealed class ConditionalPut : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly TimeProvider _time;
    private uint _keyspace;
    private int _keyStart;
    private int _keyLength;
    private long _expected;

    internal ConditionalPut(CommittedIndex state, TimeProvider time)
        : base(new LogBatch())
    {
        _state = state;
        _time = time;
    }

    /// <summary>The next free one.</summary>
    internal ConditionalPut? Next { get; set; }

    /// <summary>It was written. There after the commit, as all that follows.</summary>
    internal bool Applied { get; private set; }

    /// <summary>The version that was there instead.</summary>
    internal long Actual { get; private set; }

    /// <summary>
    /// The keyspace has been dropped since its id was looked up: nothing was judged, since under that
    /// id every key would look absent and the value would be nowhere.
    /// </summary>
    internal bool IsStale { get; private set; }

    internal void Set(
        uint keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        long expected)
    {
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        _keyStart = OperationCodec.WriteHead(
            head,
            OperationKind.Put,
            OperationFlags.None,
            keyspace,
            key.Length,
            expiresTicks,
            version: 0);
        _keyLength = key.Length;
        _keyspace = keyspace;
        _expected = expected;
        Applied = false;
        Actual = 0;
        IsStale = false;
        Records.Clear();
        Records.Add(head[.._keyStart], key, value);
    }

    internal override bool Judge()
    {
        IsStale = MeetsDrop();
        if (IsStale)
        {
            return false;
        }

        Actual = _state.PendingVersion(
            _keyspace,
            Records.Payload(0).Slice(_keyStart, _keyLength),
            _time.GetUtcNow().UtcTicks);
        Applied = Actual == _expected;
        return Applied;
    }

    private bool MeetsDrop()
    {
#if LOGENGINE_PLANTED_BUGS
        if (PlantedBugs.Is(PlantedBug.DropBeforeCondition))
        {
            return false;
        }
#endif
        return !_state.PendingKeyspaces.Contains(_keyspace);
    }
}
