using System.Text;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// The changes of one keyspace, read from the log: every operation behind a place, in the order of commits,
/// whole commits at a time.
/// </summary>
/// <remarks>
/// Not thread-safe. Sequences have no gaps and the cursor checks each, so an operation is given or it is an
/// error. What compaction has written is passed over: the operation that it repeats is in the log before it, or
/// was freed, and then its sequence is missing.
/// </remarks>
internal sealed class KeyWatch : IDisposable
{
    /// <summary>As many changes as are given at once.</summary>
    private const int EnoughChanges = 256;

    /// <summary>As many bytes of them, unless one commit has more.</summary>
    private const int EnoughBytes = 1 << 20;

    /// <summary>As much log as is read in one go on the pool.</summary>
    private const int EnoughLog = 4 << 20;

    private readonly KeyWatches _owner;
    private readonly KeyspaceName _keyspace;
    private readonly byte[] _name;
    private readonly ReadOnlyMemory<byte> _prefix;
    private readonly ScanRange _range;
    private readonly ReadUpTo _upTo;
    private readonly WatchPins.Pin _pin;

    /// <summary>Changes of the commit that is being read.</summary>
    private readonly List<KeyChange> _commit = [];
    private LogCursor _cursor;

    /// <summary>What has been read and not told.</summary>
    private List<KeyChange> _ready = [];
    private long _readyBytes;

    /// <summary>
    /// From which of them on it has to wait, and for which sequence to be durable; -1 for none: a large value
    /// was gone by then, and what took it away a power loss may still take back.
    /// </summary>
    private int _heldFrom = -1;
    private long _heldFor;

    /// <summary>The same of the commit that is being read; 0 for none.</summary>
    private long _gone;

    /// <summary>Up to which everything was told, and a position given with it.</summary>
    private long _given;

    /// <summary>Up to which everything was read, and the keyspace's id there; 0 for none.</summary>
    private WatchPosition _read;

    /// <summary>The commit with which it was last told that all is told; -1 for none.</summary>
    private long _progress = -1;

    internal KeyWatch(
        KeyWatches owner,
        KeyspaceName keyspace,
        WatchOptions options,
        WatchPosition from,
        WatchPins.Pin pin)
    {
        _owner = owner;
        _keyspace = keyspace;
        _name = Encoding.UTF8.GetBytes(keyspace.Name);
        _prefix = options.Prefix;
        _range = ScanRange.Prefix(options.Prefix);
        _upTo = options.BeforeDurable ? ReadUpTo.Written : ReadUpTo.Durable;
        _pin = pin;
        _cursor = null!;
        StartAt(from);
    }

    /// <summary>
    /// How far it may read: what readers of the engine see, too, so that what is told can be read.
    /// </summary>
    private long Limit => Math.Min(_owner.View.Limit(_upTo), _owner.State.Published);

    /// <summary>Goes to a place that is not behind the one it was begun at.</summary>
    internal void StartAt(WatchPosition from)
    {
        _cursor?.Dispose();
        _cursor = new LogCursor(_owner.View, _owner.Environment, from.Commit + 1, _upTo);
        _read = from;
        _given = from.Commit;
        _pin.Sequence = from.Commit;
    }

    /// <summary>
    /// The next changes, waited for; never none. Whoever asks for them has dealt with those before: only now
    /// the log behind them may go.
    /// </summary>
    /// <param name="tellsProgress">Whether a change of nothing is told at the end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ChangesLostException">What comes next has been freed.</exception>
    internal async ValueTask<IReadOnlyList<KeyChange>> NextAsync(
        bool tellsProgress, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Taken before the look, so that no change between the two is missed.
            Task change = _owner.View.Changed.NextAsync();
#pragma warning disable CA1513 // By its public name, which this layer cannot refer to.
            if (_owner.View.IsClosed)
            {
                throw new ObjectDisposedException(nameof(StorageEngine));
            }
#pragma warning restore CA1513

            bool isMore = _ready.Count == 0
                && _cursor.NextSequence <= Limit
                && await _owner.Environment.Scheduler.Run(ReadSome, cancellationToken)
                    .ConfigureAwait(false);
            NoteDone(tellsProgress);
            if (CountTellable() is > 0 and int count)
            {
                return Give(count);
            }

            if (isMore)
            {
                continue;
            }

            if (tellsProgress && _ready.Count == 0 && _read.Commit != _progress)
            {
                _progress = _read.Commit;
                _given = _read.Commit;
                return [new KeyChange { Kind = KeyChangeKind.Progress, Position = _read }];
            }

            if (_owner.View.Fault() is { } fault)
            {
                throw fault;
            }

            await _owner.Environment.Scheduler.Until(change).WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _cursor.Dispose();
        _pin.Dispose();
    }

    /// <summary>
    /// Keeps the log behind the last position that was given: one may have to go on from there. Where there
    /// was nothing to tell behind it, and positions are given only with changes, the log behind that may go too.
    /// </summary>
    private void NoteDone(bool tellsProgress) =>
        _pin.Sequence = tellsProgress || _ready.Count > 0 ? _given : _read.Commit;

    private int CountTellable() =>
        _heldFrom < 0 || _heldFor <= Limit ? _ready.Count : _heldFrom;

    private List<KeyChange> Give(int count)
    {
        List<KeyChange> given = _ready;
        if (count == _ready.Count)
        {
            _ready = [];
            _readyBytes = 0;
            _heldFrom = -1;
        }
        else
        {
            given = _ready.GetRange(0, count);
            _ready.RemoveRange(0, count);
            _heldFrom = 0;
        }

        _given = given[^1].Position.Commit;
        return given;
    }

    /// <summary>Reads until there is enough; false at the end of what may be read.</summary>
    private bool ReadSome()
    {
        long log = 0;
        while (_ready.Count < EnoughChanges && _readyBytes < EnoughBytes && log < EnoughLog)
        {
            if (_cursor.NextSequence > Limit || !TryReadRun(out ReadOnlySpan<byte> records))
            {
                return false;
            }

            log += records.Length;
            while (!records.IsEmpty)
            {
                int length = (int)RecordHeader.ReadLength(records);
                Take(records[..length]);
                records = records[FormatLimits.AlignField(length)..];
            }
        }

        return true;
    }

    private bool TryReadRun(out ReadOnlySpan<byte> records)
    {
        long next = _cursor.NextSequence;
        try
        {
            return _cursor.TryReadRun(out records, out _);
        }
        catch (Exception error) when (
            error is CorruptionException or TruncatedException && !IsKept(next))
        {
            // What was freed stays so: the gap that the cursor met is there still.
            throw new ChangesLostException(
                _keyspace.Name, _read, $"commit {next} has been freed by compaction", error);
        }
    }

    /// <summary>Whether the log has a sequence, or will have it.</summary>
    private bool IsKept(long sequence)
    {
        SegmentMap map = _owner.View.Map;
        int index = map.IndexOf(sequence);
        return index >= 0
            && (index == map.Segments.Length - 1
                || sequence <= map.Segments[index].LastSequence);
    }

    private void Take(ReadOnlySpan<byte> record)
    {
        long sequence = RecordHeader.ReadSequence(record);
        if (!OperationCodec.TryRead(record[RecordHeader.Size..], out Operation operation))
        {
            throw new CorruptionException(
                _cursor.Segment?.Path ?? _owner.View.Directory,
                -1,
                $"record {sequence} is no operation of this format");
        }

        uint id = (uint)_read.Incarnation;
        if (operation.Kind == OperationKind.CreateKeyspace)
        {
            if (operation.Key.SequenceEqual(_name))
            {
                _read = _read with { Incarnation = operation.Keyspace };
            }
        }
        else if (id != 0 && operation.Keyspace == id && ChangeOf(operation, sequence) is { } change)
        {
            _commit.Add(change);
            if (change.Kind == KeyChangeKind.Drop)
            {
                _read = _read with { Incarnation = 0 };
            }
        }

        if ((RecordHeader.ReadFlags(record) & RecordFlags.EndOfBatch) != 0)
        {
            EndCommit(sequence);
        }
    }

    private void EndCommit(long sequence)
    {
        _read = _read with { Commit = sequence };
        if (_gone > Limit)
        {
            _heldFrom = _heldFrom < 0 ? _ready.Count : _heldFrom;
            _heldFor = _gone;
        }

        _gone = 0;
        foreach (KeyChange change in _commit)
        {
            _ready.Add(change with { Position = _read });
            _readyBytes += change.Key.Length + (change.Value?.Length ?? 0);
        }

        _commit.Clear();
    }

    /// <summary>What an operation of the keyspace is to who watches it; null for nothing.</summary>
    private KeyChange? ChangeOf(in Operation operation, long sequence)
    {
        switch (operation.Kind)
        {
            case OperationKind.Put when operation.Key.StartsWith(_prefix.Span):
                return Point(operation, KeyChangeKind.Put, sequence) with
                {
                    Value = ValueOf(operation, sequence),
                };
            case OperationKind.Delete when operation.Key.StartsWith(_prefix.Span):
                return Point(operation, KeyChangeKind.Delete, sequence);
            case OperationKind.Touch when operation.Key.StartsWith(_prefix.Span):
                return operation.Version == 0
                    ? null
                    : Point(operation, KeyChangeKind.Touch, operation.Version);
            case OperationKind.DeleteRange when Meets(operation.Key, operation.Value):
                return Point(operation, KeyChangeKind.DeleteRange, sequence) with
                {
                    To = operation.Value.ToArray(),
                };
            case OperationKind.DropKeyspace:
                return Point(operation, KeyChangeKind.Drop, sequence);
            default:
                return null;
        }
    }

    private static KeyChange Point(in Operation operation, KeyChangeKind kind, long version) => new()
    {
        Kind = kind,
        Position = default,
        Key = operation.Key.ToArray(),
        Version = version,
        ExpiresAt = operation.ExpiresTicks == 0
            ? null
            : new DateTimeOffset(operation.ExpiresTicks, TimeSpan.Zero),
    };

    private ReadOnlyMemory<byte>? ValueOf(in Operation put, long sequence)
    {
        byte[]? value = (put.Flags & OperationFlags.Chunked) == 0
            ? put.Value.ToArray()
            : ReadChunked(put.Keyspace, put.Key, sequence);

        if (value is null)
        {
            _gone = _owner.State.Published;

            // Not in one expression: a null beside a value is an array, and so an empty value.
            return null;
        }

        return value;
    }

    /// <summary>Whether a range has keys of the prefix, if there are any.</summary>
    private bool Meets(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) =>
        (_range.To.IsEmpty || from.SequenceCompareTo(_range.To.Span) < 0)
        && (to.IsEmpty || to.SequenceCompareTo(_range.From.Span) > 0);

    /// <summary>A value in chunks, if the key still has it; null where it has another by now, or none.</summary>
    private byte[]? ReadChunked(uint keyspace, ReadOnlySpan<byte> key, long version)
    {
        Span<byte> full = stackalloc byte[IndexKey.MaxSize];
        using PooledBytes bytes = new();
        return _owner.Reads.TryReadVersion(
            full[..IndexKey.Write(full, keyspace, key)], version, bytes)
            ? bytes.Written.ToArray()
            : null;
    }
}
