using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Telemetry;

namespace LogEngine.Maintenance;

/// <summary>Moves what is live in a segment to the end of the log.</summary>
/// <remarks>Not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
internal sealed class Relocator
{
    /// <summary>
    /// Records of a step. Each is looked up and applied while writers wait for their group: so
    /// many take as long as a commit.
    /// </summary>
    internal const int MostRecords = 128;

    /// <summary>Bytes of a step: as many as a disk writes in a fraction of what a commit takes.</summary>
    private const int MostBytes = 128 << 10;

    private readonly MaintainedEngine _engine;
    private readonly StepsInFlight _steps;
    private readonly CommittedIndex _state;
    private readonly byte[] _key = new byte[IndexKey.MaxSize];

    internal Relocator(MaintainedEngine engine)
    {
        _engine = engine;
        _steps = new StepsInFlight(engine.Scheduler, engine.Log.Appender, engine.Time);
        _state = engine.State;

        // Rides along: a group has room for three times as much of what callers write, or more.
        // Alone it fills whole blocks, its header included.
        BatchBytes = Math.Min(engine.Log.GroupCap / 4, MostBytes) - GroupHeader.Size;
    }

    /// <summary>Most bytes of records that one step writes, unless a single one is larger.</summary>
    internal int BatchBytes { get; }

    /// <summary>Bytes of records written so far.</summary>
    internal long RelocatedBytes => _steps.WrittenBytes;

    /// <summary>
    /// Goes through a sealed segment, group by group. Between groups <paramref name="pause"/> is
    /// told how much was read.
    /// </summary>
    /// <exception cref="CorruptionException">
    /// A group is damaged. What came before it was moved; the segment is kept from now on.
    /// </exception>
    internal async Task RelocateAsync(
        SegmentSlot slot, Func<long, Task> pause, CancellationToken cancellationToken)
    {
        long moved = RelocatedBytes;
        ulong id = slot.Segment.Header.SegmentId;
        try
        {
            await MoveAsync(slot, pause, cancellationToken).ConfigureAwait(false);
            LogEvents.SegmentCompacted(
                _engine.Logger, id, slot.Segment.ReadableEnd, RelocatedBytes - moved);
        }
        catch (Exception error) when (error is CorruptionException or StorageIOException)
        {
            // Kept as it is: nothing that cannot be read is given up.
            slot.IsQuarantined = true;
            LogEvents.SegmentUnreadable(_engine.Logger, id, error);
            throw;
        }

        // What is left are pointers of a moment ago; it must not be chosen again at once.
        slot.IsCompacted = true;
    }

    private async Task MoveAsync(
        SegmentSlot slot, Func<long, Task> pause, CancellationToken cancellationToken)
    {
        Segment segment = slot.Segment;
        if (!segment.TryPin())
        {
            return;
        }

        try
        {
            using SegmentScanner scanner = await _engine.Scheduler.Run(
                () => new SegmentScanner(
                    Open(segment), segment.Header.Identity, segment.Header.Alignment),
                cancellationToken).ConfigureAwait(false);
            RelocationBatch batch = new(_state);
            long offset = segment.Header.Alignment;
            while (offset < segment.ReadableEnd && slot.LiveRecords > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                long at = offset;
                RelocationBatch begun = batch;
                (List<RelocationBatch> full, long next, batch) = await _engine.Scheduler.Run(
                    () => ReadGroup(scanner, slot, at, begun), cancellationToken)
                    .ConfigureAwait(false);
                foreach (RelocationBatch one in full)
                {
                    await _steps.SendAsync(one).ConfigureAwait(false);
                }

                await pause(next - offset).ConfigureAwait(false);
                offset = next;
            }

            // Values of many small groups go together: each in a group of its own would take a block.
            await _steps.SendAsync(batch).ConfigureAwait(false);
            await _steps.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            // Where it was cut short: nothing of it is on its way any more when it is over.
            await _steps.EndAsync().ConfigureAwait(false);
            segment.Unpin();
        }
    }

    /// <summary>Past the page cache, where the log is written past it: nobody wants it there.</summary>
    private IStorageFile Open(Segment segment) => _engine.Log.View.ReadsPastCache
        ? SegmentFileReader.OpenPastCache(_engine.Environment.Files, segment.Path)
        : _engine.Environment.Files.Open(segment.Path, OpenFlags.Read);

    /// <summary>Adds what lives in a group to a batch; gives those that are full by then.</summary>
    private (List<RelocationBatch> Full, long Next, RelocationBatch Begun) ReadGroup(
        SegmentScanner scanner, SegmentSlot slot, long offset, RelocationBatch batch)
    {
        Segment segment = slot.Segment;
        if (scanner.Judge(offset, segment.ReadableEnd, out GroupHeader header)
            != GroupVerdict.Whole)
        {
            throw new CorruptionException(
                segment.Path, Math.Max(offset, scanner.BrokenAt), "a group to be compacted is damaged");
        }

        List<RelocationBatch> full = [];
        long now = _engine.Time.GetUtcNow().UtcTicks;
        scanner.VisitRecords(header, (_, at, _, payload) =>
        {
            if (!IsLive(slot, at, payload, out Operation value, out IndexValue found))
            {
                return;
            }

            if (!batch.IsEmpty
                && IsFull(batch, MaxEncodedLength(payload.Length), segment.Header.Alignment))
            {
                full.Add(batch);
                batch = new RelocationBatch(_state);
            }

            if (found.IsExpiredAt(now))
            {
                batch.AddRemoval(found, value.Keyspace, value.Key);
            }
            else
            {
                batch.AddMove(found, value);
            }
        });
        return (full, scanner.NextOffset(header), batch);
    }

    /// <summary>
    /// Whether the next record belongs to the next step: it does not fit, or there are many and it
    /// would be the first one in another block.
    /// </summary>
    private bool IsFull(RelocationBatch batch, int next, int alignment)
    {
        long filled = GroupHeader.Size + batch.Bytes;
        return batch.Bytes + next > BatchBytes
            || (batch.Count >= MostRecords
                && (filled - 1) / alignment != (filled + next - 1) / alignment);
    }

    /// <summary>Of a value's record once it is moved: its version, or an expiry, comes in.</summary>
    private static int MaxEncodedLength(int payload) =>
        RecordHeader.EncodedLength(payload + sizeof(long) + sizeof(long));

    /// <summary>Whether the newest root points at a record; the commit asks again.</summary>
    private bool IsLive(
        SegmentSlot slot,
        long offset,
        ReadOnlySpan<byte> payload,
        out Operation value,
        out IndexValue found)
    {
        found = default;
        return OperationCodec.TryRead(payload, out value)
            && value.Kind is OperationKind.Put or OperationKind.Relocate
            && (value.Flags & OperationFlags.Chunked) == 0
            && _state.Index.TryGet(
                _key.AsSpan(0, IndexKey.Write(_key, value.Keyspace, value.Key)), out found)
            && found.Location
                == new Location(slot.Number, offset, RecordHeader.EncodedLength(payload.Length)).Word;
    }
}
