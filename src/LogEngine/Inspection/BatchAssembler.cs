using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>
/// Gathers the whole batches of a group. Where the bounds of a batch are lost with a record, what
/// follows is left out up to the next end of a batch: it may be the rest of it.
/// </summary>
internal sealed class BatchAssembler : IRecordSink
{
    private readonly string _path;
    private readonly SequenceRange _wanted;
    private readonly SalvagedGroup _group;
    private readonly Action<SalvageGap> _lost;

    /// <summary>The stretch that is being left out; 0 where none is.</summary>
    private long _lostFrom;
    private long _lostTo;
    private long _lostAt;
    private long _damaged;
    private long _lastSequence;

    /// <param name="path">The file, for what is lost.</param>
    /// <param name="wanted">Sequences to gather; the others are passed over.</param>
    /// <param name="group">Where whole batches go.</param>
    /// <param name="lost">Is told what is left out.</param>
    internal BatchAssembler(
        string path, SequenceRange wanted, SalvagedGroup group, Action<SalvageGap> lost)
    {
        _path = path;
        _wanted = wanted;
        _group = group;
        _lost = lost;
    }

    void IRecordSink.Record(long sequence, long offset, ReadOnlySpan<byte> record)
    {
        bool ends = RecordHeader.ReadFlags(record).HasFlag(RecordFlags.EndOfBatch);
        _lastSequence = sequence;
        if (_lostFrom != 0)
        {
            _lostTo = sequence;
        }
        else if (sequence >= _wanted.First && sequence <= _wanted.Last)
        {
            _group.Add(
                sequence,
                offset,
                record[RecordHeader.Size..(int)RecordHeader.ReadLength(record)]);
        }

        if (ends)
        {
            EndBatch();
        }
    }

    void IRecordSink.Damage(RecordDamage damage)
    {
        if (damage.LastSequence < damage.FirstSequence)
        {
            return;
        }

        long open = _group.DropBatch();
        if (_lostFrom == 0)
        {
            _lostFrom = open != 0 ? open : damage.FirstSequence;
            _lostAt = damage.Offset;
        }

        _damaged += damage.LastSequence - damage.FirstSequence + 1;
        _lostTo = damage.LastSequence;
        if (damage.EndsBatch == true)
        {
            EndBatch();
        }
    }

    /// <summary>The group ends; so does every batch, and one that did not is not whole.</summary>
    internal void EndGroup()
    {
        long open = _group.DropBatch();
        if (open != 0)
        {
            _lostFrom = open;
            _lostTo = _lastSequence;
            _lostAt = -1;
        }

        EndBatch();
    }

    private void EndBatch()
    {
        if (_lostFrom == 0)
        {
            _group.EndBatch();
            return;
        }

        long first = Math.Max(_lostFrom, _wanted.First);
        long last = Math.Min(_lostTo, _wanted.Last);
        if (first <= last)
        {
            string reason = _damaged == last - first + 1
                ? "damaged"
                : $"{_damaged} of them damaged, the others of a batch that may not be whole";
            _lost(new SalvageGap(_path, _lostAt, first, last, reason));
        }

        _lostFrom = 0;
        _damaged = 0;
    }
}
