using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Recovery;

namespace LogEngine.Inspection;

/// <summary>Judges one group: header, records, batches, padding, time, mark.</summary>
internal sealed class GroupCheck(
    InspectedSegment segment, GroupReader reader, VerifyTally tally) : IRecordSink
{
    private readonly List<RecordDamage> _damages = [];
    private long _records;
    private long _batchRecords;
    private long _dirtyAt;
    private RecordFlags _lastFlags;

    /// <summary>
    /// Counts a group and reports what is wrong with it. Without <paramref name="overDamage"/> one
    /// that recovery would not join is left alone: false.
    /// </summary>
    internal bool Judge(in GroupHeader group, long expected, long limit, bool overDamage)
    {
        _damages.Clear();
        _records = 0;
        _batchRecords = 0;
        _dirtyAt = -1;
        _lastFlags = RecordFlags.EndOfBatch;
        long end = reader.WalkRecords(group, limit, this);
        bool whole = _damages.Count == 0
            && end == group.Offset + group.Length
            && _lastFlags.HasFlag(RecordFlags.EndOfBatch);
        if (!overDamage && (!whole || group.FirstSequence != expected))
        {
            return false;
        }

        tally.Groups += whole ? 1 : 0;
        tally.Records += _records;
        tally.LastSequence = Math.Max(tally.LastSequence, group.NextSequence - 1);
        ReportRecords(group, end);
        CheckHeader(group, expected);
        CheckPadding(group, limit);
        return true;
    }

    void IRecordSink.Record(long sequence, long offset, ReadOnlySpan<byte> record)
    {
        RecordFlags flags = RecordHeader.ReadFlags(record);
        _records++;
        _batchRecords++;
        _lastFlags = flags;
        if ((flags & ~RecordFlags.EndOfBatch) != 0)
        {
            tally.Note(segment.Path, offset, $"record {sequence} has unknown flags {flags}");
        }

        if (tally.Operations
            && (!OperationCodec.TryRead(
                    record[RecordHeader.Size..(int)RecordHeader.ReadLength(record)],
                    out Operation operation)
                || !OperationCheck.IsPossible(operation, sequence, offset, record.Length)))
        {
            Corruption(offset, $"record {sequence} is no operation of an engine");
        }

        if (_batchRecords == FormatLimits.MaxBatchRecords + 1)
        {
            Corruption(offset, "a batch holds more records than a writer makes");
        }

        if (flags.HasFlag(RecordFlags.EndOfBatch))
        {
            _batchRecords = 0;
        }

        int dirty = record[(int)RecordHeader.ReadLength(record)..].IndexOfAnyExcept((byte)0);
        if (dirty >= 0 && _dirtyAt < 0)
        {
            _dirtyAt = offset + RecordHeader.ReadLength(record) + dirty;
        }
    }

    void IRecordSink.Damage(RecordDamage damage) => _damages.Add(damage);

    private void ReportRecords(in GroupHeader group, long end)
    {
        foreach (RecordDamage damage in _damages)
        {
            Corruption(
                damage.Offset,
                damage.LastSequence <= damage.FirstSequence
                    ? $"record {damage.FirstSequence} is damaged"
                    : $"records {damage.FirstSequence} to {damage.LastSequence} are damaged");
        }

        if (_damages.Count > 0)
        {
            return;
        }

        if (end != group.Offset + group.Length)
        {
            Corruption(end, $"the group at {group.Offset} is longer than its records");
        }

        if (!_lastFlags.HasFlag(RecordFlags.EndOfBatch))
        {
            Corruption(group.Offset, "the group ends within a batch");
        }

        if (_dirtyAt >= 0)
        {
            Corruption(_dirtyAt, "padding of a record is not zero");
        }
    }

    private void CheckHeader(in GroupHeader group, long expected)
    {
        if (group.FirstSequence != expected && expected != 0)
        {
            Corruption(
                group.Offset,
                $"the group begins with sequence {group.FirstSequence}, not {expected}");
        }

        if ((group.Flags & ~GroupFlags.Seal) != 0)
        {
            tally.Note(segment.Path, group.Offset, $"the group has unknown flags {group.Flags}");
        }

        if (group.TimeTicks < tally.LastTicks)
        {
            Corruption(group.Offset, "the group's time lies before that of an earlier group");
        }

        tally.LastTicks = Math.Max(tally.LastTicks, group.TimeTicks);
        DurableMark mark = group.Mark;
        Attestation named = default(Attestation).With(mark);
        if (named.Exceeds(group.SegmentId, group.Offset, group.FirstSequence - 1))
        {
            Corruption(group.Offset, "the durable mark lies above the group's own position");
        }
        else if (tally.Weakens(mark))
        {
            Corruption(group.Offset, "the durable mark lies below an earlier one");
        }
        else
        {
            tally.Attested = tally.Attested.With(mark);
        }
    }

    private void CheckPadding(in GroupHeader group, long limit)
    {
        long dirty = reader.FindDirty(
            group.Offset + group.Length, Math.Min(reader.NextOffset(group), limit));
        if (dirty >= 0)
        {
            Corruption(dirty, $"padding behind the group at {group.Offset} is not zero");
        }
    }

    private void Corruption(long offset, string reason) =>
        tally.Corruption(segment.Path, offset, reason);
}
