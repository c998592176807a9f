using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using LogEngine.Caching;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// The index as the log makes it: applies every operation in the order of its sequence, while it is
/// committed and when it is replayed, by the same code. No clock and no condition decides here.
/// </summary>
/// <remarks>
/// All writing members belong to the commit role, or to recovery before there is one. What is
/// applied is pending until <see cref="Publish"/>.
/// </remarks>
internal sealed class CommittedIndex : IGroupObserver, IDisposable
{
    private readonly byte[] _key = new byte[IndexKey.MaxSize];
    private readonly List<long> _orphaned = [];
    private readonly ApplyWarmer _warmer;
    private readonly RemovedVisitor _visitRemoved;

    private PendingKeyspaces _keyspaces = new();
    private RootFacts _facts;

    /// <summary>Sequence of the last operation applied.</summary>
    private long _applied;
    private long _published;

    /// <summary>When the next value expires, or earlier; of what has been published.</summary>
    private long _nextExpiry = long.MaxValue;

    /// <summary>The same of what is pending.</summary>
    private long _pendingExpiry = long.MaxValue;

    internal CommittedIndex(OrderedIndex index, ValueCache cache)
    {
        Index = index;
        Cache = cache;
        Pins = new RootPins(index);
        _warmer = new ApplyWarmer(index, cache);
        _visitRemoved = CountRemoved;
        _facts = _keyspaces.Frozen;
    }

    internal OrderedIndex Index { get; }

    internal ValueCache Cache { get; }

    internal SegmentSlots Slots { get; } = new();

    internal RootPins Pins { get; }

    /// <summary>How far those have read who follow what is committed.</summary>
    internal WatchPins Watches { get; } = new();

    /// <summary>
    /// A relocation gives its value to a key that is not known or has an older version: the record
    /// that made it may be lost.
    /// </summary>
    internal bool Salvages { get; init; }

    /// <summary>Keyspaces and counts of the published root.</summary>
    internal RootFacts Facts => Volatile.Read(ref _facts);

    /// <summary>Sequence of the last operation applied. Commit role, or recovery.</summary>
    internal long Applied => _applied;

    /// <summary>Sequence up to which readers see the log.</summary>
    internal long Published => Volatile.Read(ref _published);

    /// <summary>UTC ticks before which nothing expires that readers see; the highest for never.</summary>
    internal long NextExpiry => Volatile.Read(ref _nextExpiry);

    /// <summary>Called after each publishing, by the commit role; must only note it.</summary>
    internal Action? Advanced { get; set; }

    /// <summary>
    /// Begins with what a snapshot holds, unpublished: what is replayed behind it changes the pages
    /// that were just built instead of copies. Recovery only.
    /// </summary>
    internal void Restore(PendingKeyspaces keyspaces, long sequence)
    {
        _keyspaces = keyspaces;
        _applied = sequence;
    }

    /// <summary>
    /// Takes the time of the next expiry, for one who goes through all there is now and then notes
    /// again what is left. Of what is published meanwhile it is noted behind the root, so it is either
    /// taken with a root that has it, or stays.
    /// </summary>
    internal long TakeNextExpiry() => Interlocked.Exchange(ref _nextExpiry, long.MaxValue);

    /// <summary>A value that is published expires at that time. Any thread.</summary>
    internal void NoteExpiry(long ticks)
    {
        long known = NextExpiry;
        while (ticks < known)
        {
            long seen = Interlocked.CompareExchange(ref _nextExpiry, ticks, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }

    public void Apply(Segment segment, long offset, ReadOnlySpan<byte> records)
    {
        SegmentSlot slot = Slots.Of(segment);
        int at = 0;
        int warm = 0;
        while (at < records.Length)
        {
            if (at == warm)
            {
                warm += _warmer.Warm(slot, offset + at, records[at..]);
            }

            ReadOnlySpan<byte> record = records[at..];
            int length = (int)RecordHeader.ReadLength(record);
            Apply(
                slot,
                offset + at,
                RecordHeader.ReadSequence(record),
                record[RecordHeader.Size..length]);
            at += FormatLimits.AlignField(length);
        }
    }

    private void Apply(
        SegmentSlot slot, long offset, long sequence, ReadOnlySpan<byte> payload)
    {
        Invariant.Require(sequence == _applied + 1, "a sequence applied out of order");
        if (!OperationCodec.TryRead(payload, out Operation operation)
            || !OperationCheck.IsPossible(
                operation, sequence, offset, RecordHeader.EncodedLength(payload.Length)))
        {
            throw new CorruptionException(
                slot.Segment.Path, offset, $"record {sequence} is no operation of this format");
        }

        _applied = sequence;
        switch (operation.Kind)
        {
            case OperationKind.Put or OperationKind.Delete
                or OperationKind.Relocate or OperationKind.Touch:
                int size = RecordHeader.EncodedLength(payload.Length);
                ReadOnlySpan<byte> key = FullKey(operation.Keyspace, operation.Key);
                bool keep = operation.Kind == OperationKind.Put || MovesCached(operation, key);
                ApplyPoint(
                    PointOperation.Of(operation, sequence, slot.Number, offset, size), key);
                if (keep && !PointOperation.IsChunked(operation))
                {
                    Cache.Add(slot.CacheKey(offset), operation.Value);
                }

                break;
            case OperationKind.DeleteRange:
                DeleteRange(operation);
                break;
            case OperationKind.CreateKeyspace:
                CreateKeyspace(operation, slot, offset);
                break;
            case OperationKind.DropKeyspace:
                DropKeyspace(operation);
                break;
        }
    }

    /// <summary>
    /// Whether it moves a value that is cached, so that it stays so at its new place: what compaction
    /// moves is as warm as before.
    /// </summary>
    private bool MovesCached(in Operation operation, ReadOnlySpan<byte> key) =>
        operation.Kind == OperationKind.Relocate
        && Index.TryGetPending(key, out IndexValue now)
        && now.Version == operation.Version
        && new Location(now.Location) is { IsChunkSet: false } place
        && Slots.At(place.Slot) is { } slot
        && Cache.TryGetLength(slot.CacheKey(place.Offset), out _);

    /// <summary>Applies an operation on one key, named with its keyspace.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void ApplyPoint(in PointOperation operation, ReadOnlySpan<byte> key)
    {
        uint keyspace = IndexKey.KeyspaceOf(key);
        if (!Takes(keyspace))
        {
            // It counts as written before the drop, so its chunks go as they would have gone then:
            // the batch that wrote this has removed the mark that the next open looks for.
            if (operation.Kind == OperationKind.Put && operation.Location.IsChunkSet)
            {
                RemoveChunks(operation.Location.ChunkSet);
            }

            return;
        }

        switch (operation.Kind)
        {
            case OperationKind.Put:
                Put(keyspace, key, operation);
                break;
            case OperationKind.Delete:
                Delete(keyspace, key, operation);
                break;
            case OperationKind.Relocate:
                Relocate(keyspace, key, operation);
                break;
            case OperationKind.Touch:
                Touch(key, operation);
                break;
        }
    }

    /// <summary>Everything up to a sequence has been applied, in whatever order. Recovery only.</summary>
    internal void NoteApplied(long sequence) => _applied = sequence;

    /// <summary>
    /// Applies a record, whatever is missing before it. Salvage only: see <see cref="Salvages"/>.
    /// </summary>
    internal void ApplyBehindGap(
        SegmentSlot slot, long offset, long sequence, ReadOnlySpan<byte> payload)
    {
        _applied = sequence - 1;
        Apply(slot, offset, sequence, payload);
    }

    public void Publish()
    {
        RootFacts facts = _keyspaces.Freeze();
        Volatile.Write(ref _facts, facts);
        Index.Publish(_applied, facts);
        Index.Reclaim();
        Volatile.Write(ref _published, _applied);
        if (_pendingExpiry != long.MaxValue)
        {
            NoteExpiry(_pendingExpiry);
            _pendingExpiry = long.MaxValue;
        }

        Advanced?.Invoke();
    }

    public void Discard() => Index.DiscardPending();

    /// <summary>
    /// Version of a key in the pending state, 0 where it is absent or has expired. Commit role only.
    /// </summary>
    internal long PendingVersion(uint keyspace, ReadOnlySpan<byte> key, long nowTicks) =>
        Index.TryGetPending(FullKey(keyspace, key), out IndexValue value)
            && !value.IsExpiredAt(nowTicks)
            ? value.Version
            : 0;

    /// <summary>Whether no keyspace of the pending state has that id. Commit role only.</summary>
    internal bool IsDropped(uint keyspace) =>
        !KeyspaceTable.IsHidden(keyspace) && !_keyspaces.Contains(keyspace);

    /// <summary>What the pending state has for a key; false for nothing. Commit role only.</summary>
    internal bool TryGetPending(uint keyspace, ReadOnlySpan<byte> key, out IndexValue value) =>
        Index.TryGetPending(FullKey(keyspace, key), out value);

    /// <summary>The keyspaces of the pending state. Commit role only.</summary>
    internal PendingKeyspaces PendingKeyspaces => _keyspaces;

    public void Dispose()
    {
        foreach (SegmentSlot slot in Slots.All)
        {
            slot.SwapHandle(null);
        }

        Index.Dispose();
        Cache.Dispose();
    }

    private ReadOnlySpan<byte> FullKey(uint keyspace, ReadOnlySpan<byte> key) =>
        _key.AsSpan(0, IndexKey.Write(_key, keyspace, key));

    /// <summary>
    /// Whether a keyspace takes operations; false where it has been dropped: what was written to it at
    /// the same time counts as written before.
    /// </summary>
    private bool Takes(uint keyspace) =>
        _keyspaces.Contains(keyspace) || KeyspaceTable.IsHidden(keyspace);

    private void Put(uint keyspace, ReadOnlySpan<byte> key, in PointOperation operation)
    {
        Location location = operation.Location;
        IndexValue value = new(operation.Version, location.Word, operation.ExpiresTicks);
        if (Index.Put(key, value, out IndexValue old))
        {
            Forget(old, operation.Sequence);
        }
        else
        {
            _keyspaces.Count(keyspace, 1);
        }

        ExpectExpiry(operation.ExpiresTicks);
        if (!location.IsChunkSet)
        {
            Slots.At(location.Slot)!.Add(location.PaddedLength);
        }
    }

    private void ExpectExpiry(long ticks)
    {
        if (ticks != 0)
        {
            _pendingExpiry = Math.Min(_pendingExpiry, ticks);
        }
    }

    private void Delete(uint keyspace, ReadOnlySpan<byte> key, in PointOperation operation)
    {
        if (Index.Remove(key, out IndexValue old))
        {
            _keyspaces.Count(keyspace, -1);
            Forget(old, operation.Sequence);
        }
    }

    private void DeleteRange(in Operation operation)
    {
        if (!Takes(operation.Keyspace))
        {
            return;
        }

        byte[] to = operation.Value.IsEmpty
            ? IndexKey.EndOf(operation.Keyspace)
            : new byte[IndexKey.PrefixSize + operation.Value.Length];
        if (!operation.Value.IsEmpty)
        {
            IndexKey.Write(to, operation.Keyspace, operation.Value);
        }

        long removed = RemoveRange(FullKey(operation.Keyspace, operation.Key), to);
        _keyspaces.Count(operation.Keyspace, -removed);
    }

    /// <summary>
    /// A relocation that the committer let through: the key had this version, at the old place, so
    /// it has on replay.
    /// </summary>
    private void Relocate(uint keyspace, ReadOnlySpan<byte> key, in PointOperation operation)
    {
        if (!Index.TryGetPending(key, out IndexValue now) || now.Version != operation.Version)
        {
            // Only where the keyspace was dropped beside it; or where something is lost.
            if (Salvages && now.Version < operation.Version)
            {
                Put(keyspace, key, operation);
            }

            return;
        }

        Location location = operation.Location;
        Index.TryReplaceLocation(key, now.Location, location.Word, out _);
        Forget(now, operation.Sequence);
        Slots.At(location.Slot)!.Add(location.PaddedLength);
    }

    /// <summary>
    /// A touch that the committer let through: the key had this version, so it has on replay, unless
    /// its keyspace was dropped or its put is lost.
    /// </summary>
    private void Touch(ReadOnlySpan<byte> key, in PointOperation operation)
    {
        if (!Index.TryGetPending(key, out IndexValue now) || now.Version != operation.Version)
        {
            return;
        }

        Index.Put(key, now with { ExpiresTicks = operation.ExpiresTicks }, out _);
        ExpectExpiry(operation.ExpiresTicks);
    }

    private void CreateKeyspace(in Operation operation, SegmentSlot slot, long offset)
    {
        string name = Encoding.UTF8.GetString(operation.Key);
        if (!_keyspaces.TryAdd(operation.Keyspace, name))
        {
            throw new CorruptionException(
                slot.Segment.Path,
                offset,
                $"record {_applied} creates keyspace {operation.Keyspace} '{name}', and one of that "
                + "id or that name is there");
        }
    }

    private void DropKeyspace(in Operation operation)
    {
        if (!_keyspaces.Contains(operation.Keyspace))
        {
            return;
        }

        RemoveRange(FullKey(operation.Keyspace, default), IndexKey.EndOf(operation.Keyspace));
        _keyspaces.Remove(operation.Keyspace);
    }

    /// <summary>Removes keys and what they point at; gives how many they were.</summary>
    private long RemoveRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        long removed = Index.RemoveRange(from, to, _visitRemoved);
        if (_orphaned.Count > 0)
        {
            long[] sets = [.. _orphaned];
            _orphaned.Clear();
            foreach (long set in sets)
            {
                RemoveChunks(set);
            }
        }

        return removed;
    }

    private void CountRemoved(ReadOnlySpan<byte> key, in IndexValue value)
    {
        Location location = new(value.Location);
        if (location.IsChunkSet)
        {
            // Not from within the walk.
            _orphaned.Add(location.ChunkSet);
        }
        else
        {
            Slots.At(location.Slot)!.Remove(location.PaddedLength, _applied);
        }
    }

    /// <summary>The index does not point there any more.</summary>
    internal void Forget(in IndexValue old, long sequence)
    {
        Location location = new(old.Location);
        if (location.IsChunkSet)
        {
            RemoveChunks(location.ChunkSet);
        }
        else
        {
            Slots.At(location.Slot)!.Remove(location.PaddedLength, sequence);
        }
    }

    /// <summary>
    /// Removes the chunks of a value with the value, in the same step: a crash can leave neither
    /// without the other.
    /// </summary>
    private void RemoveChunks(long set)
    {
        byte[] from = new byte[IndexKey.PrefixSize + sizeof(long)];
        byte[] to = new byte[IndexKey.PrefixSize + sizeof(long)];
        BinaryPrimitives.WriteUInt32BigEndian(from, KeyspaceTable.Chunks);
        BinaryPrimitives.WriteUInt32BigEndian(to, KeyspaceTable.Chunks);
        BinaryPrimitives.WriteInt64BigEndian(from.AsSpan(IndexKey.PrefixSize), set);
        BinaryPrimitives.WriteInt64BigEndian(to.AsSpan(IndexKey.PrefixSize), set + 1);
        Index.RemoveRange(from, to, _visitRemoved);
    }
}
