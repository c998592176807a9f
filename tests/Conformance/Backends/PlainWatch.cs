using System.Runtime.CompilerServices;

namespace LogEngine.Conformance.Backends;

/// <summary>Everything that a <see cref="PlainStore"/> has committed, and a pulse on more.</summary>
internal sealed class PlainChanges
{
    private readonly Lock _gate = new();
    private readonly List<(string Keyspace, KeyChange Change)> _all = [];
    private TaskCompletionSource _more = New();
    private long _last;

    internal void Add(long commit, IEnumerable<(string Keyspace, KeyChange Change)> changes)
    {
        lock (_gate)
        {
            _all.AddRange(changes.Select(c => (
                c.Keyspace, c.Change with { Position = new WatchPosition(commit, 1) })));
            _last = commit;
            _more.SetResult();
            _more = New();
        }
    }

    /// <summary>What an operation of a batch is to who watches.</summary>
    internal static (string Keyspace, KeyChange Change) Of(
        in WriteOperation operation, long sequence, long touched) =>
        (operation.Keyspace.Name, new KeyChange
        {
            Kind = (KeyChangeKind)operation.Kind,
            Position = default,
            Key = PlainRoot.KeyOf(operation, sequence),
            To = operation.Kind == WriteOperationKind.DeleteRange ? operation.Value.ToArray() : default,
            Value = operation.Kind == WriteOperationKind.Put
                ? operation.Value.ToArray()
                : default(ReadOnlyMemory<byte>?),
            Version = operation.Kind == WriteOperationKind.Touch ? touched : sequence,
            ExpiresAt = operation.ExpiresAt,
        });

    internal async IAsyncEnumerable<KeyChange> WatchAsync(
        PlainEngine engine,
        Keyspace keyspace,
        WatchOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PlainRoot root = engine.Root;
        long told = options.From?.Commit ?? root.Sequence;
        if (told > root.Sequence)
        {
            throw new ChangesLostException(keyspace.Name, options.From!.Value, "it lies ahead");
        }

        WatchPosition moment = new(told, 1);
        if (options.StartsWithState)
        {
            using PlainScan state = new(
                root.Of(keyspace.Name).In(ScanRange.Prefix(options.Prefix))
                    .Where(entry => PlainKeys.IsThere(entry.Value, engine.NowTicks)),
                keysOnly: false);
            while (await state.MoveNextAsync(cancellationToken))
            {
                yield return state.ToState(moment);
            }

            yield return new KeyChange { Kind = KeyChangeKind.Progress, Position = moment };
        }

        long progress = -1;
        while (true)
        {
            (List<KeyChange> changes, long seen, Task more) = Behind(told, keyspace.Name, options.Prefix);
            foreach (KeyChange change in changes)
            {
                yield return change;
                told = change.Position.Commit;
            }

            told = Math.Max(told, seen);
            if (options.ReportsProgress && changes.Count == 0 && progress != told)
            {
                progress = told;
                yield return new KeyChange
                {
                    Kind = KeyChangeKind.Progress,
                    Position = new WatchPosition(told, 1),
                };
            }

            if (changes.Count == 0)
            {
                await more.WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>Also the last commit that was looked at, and what ends when there is another one.</summary>
    private (List<KeyChange> Changes, long Seen, Task More) Behind(
        long commit, string keyspace, ReadOnlyMemory<byte> prefix)
    {
        lock (_gate)
        {
            return (
                [.. _all.Where(c => c.Keyspace == keyspace && c.Change.Position.Commit > commit
                    && Meets(c.Change, prefix)).Select(c => c.Change)],
                _last,
                _more.Task);
        }
    }

    private static bool Meets(KeyChange change, ReadOnlyMemory<byte> prefix)
    {
        ScanRange range = ScanRange.Prefix(prefix);
        return change.Kind switch
        {
            KeyChangeKind.Drop => true,
            KeyChangeKind.Touch when change.Version == 0 => false,
            KeyChangeKind.DeleteRange =>
                (range.To.IsEmpty || change.Key.Span.SequenceCompareTo(range.To.Span) < 0)
                && (change.To.IsEmpty || change.To.Span.SequenceCompareTo(range.From.Span) > 0),
            _ => change.Key.Span.StartsWith(prefix.Span),
        };
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
