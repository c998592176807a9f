namespace LogEngine.Inspection;

/// <summary>Which old sequence became which new one.</summary>
internal sealed class SalvageRanges
{
    private readonly List<SalvagedRange> _ranges = [];

    internal IReadOnlyList<SalvagedRange> Ranges => _ranges;

    internal long Records { get; private set; }

    internal long PayloadBytes { get; private set; }

    /// <summary>A batch was copied: goes on with the last range where it follows it.</summary>
    internal void Add(long firstSource, SequenceRange copied, long payloadBytes)
    {
        Records += copied.Count;
        PayloadBytes += payloadBytes;
        SequenceRange source = new(firstSource, firstSource + copied.Count - 1);
        if (_ranges.Count > 0
            && _ranges[^1].Source.Last == source.First - 1
            && _ranges[^1].Target.Last == copied.First - 1)
        {
            source = new SequenceRange(_ranges[^1].Source.First, source.Last);
            copied = new SequenceRange(_ranges[^1].Target.First, copied.Last);
            _ranges.RemoveAt(_ranges.Count - 1);
        }

        _ranges.Add(new SalvagedRange(source, copied));
    }
}
