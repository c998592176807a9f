using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>
/// Reads whatever is readable of a directory, in order of sequence: with or without manifests, over
/// missing segments, damaged headers, groups and records. Changes nothing.
/// </summary>
internal sealed class Salvager : IDisposable
{
    private readonly DirectoryLook _look;
    private readonly IReadOnlyList<InspectedSegment> _segments;
    private readonly ProgressMeter _progress;
    private readonly SalvagedGroup _group = new();
    private readonly SalvageLosses _losses;

    private Salvager(
        DirectoryLook look,
        IProgress<InspectionProgress>? progress,
        long from,
        CancellationToken cancellationToken)
    {
        _look = look;
        _segments = SegmentsOf(look);
        _losses = new SalvageLosses(look, _segments);
        _losses.Advance(from);
        _progress = new ProgressMeter(
            progress, _segments.Sum(s => s.Limit), cancellationToken);
        if (look.ChainDamage is { } damage)
        {
            _losses.Add(damage);
        }

        foreach (string text in look.Manifests.Damages)
        {
            _losses.Add(new VerifyFinding(FindingSeverity.Corruption, look.Directory, -1, text));
        }
    }

    /// <summary>What could not be read; complete once everything has been read.</summary>
    internal SalvageLosses Losses => _losses;

    /// <summary>Reads what a look has found, from a sequence on. Owns the look.</summary>
    internal static Salvager Open(
        DirectoryLook look,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken,
        long from = 1)
    {
        try
        {
            return new Salvager(look, progress, from, cancellationToken);
        }
        catch
        {
            look.Dispose();
            throw;
        }
    }

    /// <summary>Whole batches, group by group; each is valid until the next is asked for.</summary>
    internal IEnumerable<SalvagedGroup> Read()
    {
        for (int i = 0; i < _segments.Count; i++)
        {
            foreach (SalvagedGroup group in Read(_segments[i], Cutoff(i)))
            {
                yield return group;
            }
        }

        _losses.Finish();
        _progress.Finish(_look.Directory);
    }

    public void Dispose() => _look.Dispose();

    /// <summary>
    /// The live segments, and those that only a damaged header keeps out of the chain.
    /// </summary>
    internal static IReadOnlyList<InspectedSegment> SegmentsOf(DirectoryLook look)
    {
        IReadOnlyList<InspectedSegment> live = SegmentFinder.Live(look);
        ulong head = look.Chain?.Head?.Header.SegmentId ?? 0;
        return look.Chain is null || look.MayBeWritten
            ? live
            : SegmentFinder.Ordered(
                live.Concat(SegmentFinder.Headless(look).Where(s => s.SegmentId > head)));
    }

    /// <summary>
    /// The first sequence that a newer segment holds: what this one has from there on was cut off
    /// when the newer one was begun.
    /// </summary>
    private long Cutoff(int index) =>
        _segments.Skip(index + 1).Select(s => s.FirstSequence).DefaultIfEmpty(long.MaxValue).Min();

    private IEnumerable<SalvagedGroup> Read(InspectedSegment segment, long cutoff)
    {
        if (segment.Header is null)
        {
            _losses.Add(new VerifyFinding(
                FindingSeverity.Corruption,
                segment.Path,
                0,
                $"the segment header is damaged; its groups are of segment {segment.SegmentId}"));
        }

        bool live = _look.MayBeWritten && segment is { IsHead: true, Header: not null };
        long limit = live && segment.EndOffset == 0
            ? _look.FindLiveLimit(segment, _losses.Add)
            : segment.Limit;
        using GroupReader reader = new(_look.Open(segment, _losses.Add), segment.Alignment);
        foreach (GroupStep step in reader.Walk(segment.Identity, segment.FirstOffset, limit))
        {
            _group.Clear();
            if (step.IsGroup)
            {
                ReadGroup(segment, reader, step.Group, limit, cutoff);
            }
            else
            {
                ReadHole(segment, reader, step, limit, cutoff);
            }

            bool seal = step.IsGroup && step.Group.Flags.HasFlag(GroupFlags.Seal);
            _progress.Add(segment.Path, (seal ? limit : step.End) - step.Offset);
            if (_group.Batches > 0)
            {
                _group.SegmentId = segment.SegmentId;
                yield return _group;
            }

            if (seal)
            {
                break;
            }
        }
    }

    /// <summary>Gathers a group's batches.</summary>
    private void ReadGroup(
        InspectedSegment segment, GroupReader reader, in GroupHeader group, long limit, long cutoff)
    {
        _losses.Attest(group.Mark);
        if (group.FirstSequence < cutoff)
        {
            _losses.AdvanceTo(group.FirstSequence, segment.Path);
            BatchAssembler batches = Assemble(segment, cutoff);
            reader.WalkRecords(group, limit, batches);
            batches.EndGroup();
            _losses.Advance(Math.Min(group.NextSequence, cutoff));
        }
    }

    /// <summary>
    /// No valid group stands here. Records can be read without its header all the same, as far as
    /// anything says that they were there.
    /// </summary>
    private void ReadHole(
        InspectedSegment segment, GroupReader reader, GroupStep hole, long limit, long cutoff)
    {
        bool found = hole.End < limit;
        bool torn = reader.IsTornHeader(segment.Identity, hole.Offset, limit);
        if (!found && !torn && segment.EndOffset == 0)
        {
            return;
        }

        long last = found
            ? hole.Group.FirstSequence - 1
            : segment.LastSequence != 0 ? segment.LastSequence : _losses.Attested;
        last = Math.Min(last, cutoff - 1);
        _losses.Add(new VerifyFinding(
            last < _losses.Next && !found ? FindingSeverity.Note : FindingSeverity.Corruption,
            segment.Path,
            hole.Offset,
            "no valid group stands here"));
        if (last >= _losses.Next)
        {
            BatchAssembler batches = Assemble(segment, cutoff);
            reader.WalkRecords(
                segment.Identity,
                hole.Offset + GroupHeader.Size,
                hole.End,
                new SequenceRange(_losses.Next, last),
                batches);
            batches.EndGroup();
            _losses.Advance(last + 1);
        }
    }

    private BatchAssembler Assemble(InspectedSegment segment, long cutoff) => new(
        segment.Path, new SequenceRange(_losses.Next, cutoff - 1), _group, _losses.Add);
}
