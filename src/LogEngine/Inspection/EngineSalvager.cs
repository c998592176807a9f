using System.Text;
using LogEngine.Caching;
using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// Establishes the newest version of every key of a damaged engine: from the newest snapshot of the
/// index that is whole, and every readable batch of the log behind it; without any snapshot, from
/// every readable batch there is.
/// </summary>
internal sealed class EngineSalvager : IDisposable
{
    private readonly DirectoryLook _look;
    private readonly SalvagedSegments _segments;
    private readonly Salvager _log;
    private readonly long _snapshot;
    private readonly uint _nextKeyspace;
    private readonly HashSet<uint> _dropped = [];
    private readonly List<VerifyFinding> _findings = [];
    private CommittedIndex _state = NewState();
    private ValueReader? _reader;
    private SalvagedValues? _values;

    private EngineSalvager(
        DirectoryLook look,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        _look = look;
        _segments = new SalvagedSegments(look, Salvager.SegmentsOf(look));
        _snapshot = LoadNewest();
        _nextKeyspace = _state.Facts.Keyspaces.NextId;
        _log = Salvager.Open(look, progress, cancellationToken, _snapshot + 1);
    }

    /// <summary>What is missing of the log and may have changed any key.</summary>
    internal IReadOnlyList<SalvageGap> Gaps => _log.Losses.Gaps;

    internal IReadOnlyList<VerifyFinding> Findings =>
        [.. _findings, .. _log.Losses.Findings, .. Values.Findings];

    /// <summary>What was established.</summary>
    internal SalvagedValues Values => _values!;

    /// <summary>Reads the log. Owns the look from the call on.</summary>
    internal static EngineSalvager Open(
        DirectoryLook look,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        EngineSalvager? salvager = null;
        try
        {
            salvager = new EngineSalvager(look, progress, cancellationToken);
            salvager.Replay();
            salvager._reader = new ValueReader(
                look.Files, salvager._state, look.Directory, direct: false);
            salvager._values = new SalvagedValues(
                salvager._state, salvager._reader, look.Directory);
            return salvager;
        }
        catch
        {
            salvager?.Dispose();
            look.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether a directory holds an engine; without a readable manifest, if it has snapshots of an
    /// index, or all records of the first readable group are operations.
    /// </summary>
    internal static bool LooksLikeEngine(DirectoryLook look)
    {
        if (look.Manifest is not null)
        {
            return look.IsEngine;
        }

        if (look.Survey.Snapshots.Count > 0)
        {
            return true;
        }

        foreach (InspectedSegment segment in SegmentFinder.Live(look))
        {
            using GroupReader reader = new(look.Open(segment, static _ => { }), segment.Alignment);
            if (reader.TryFindHeader(
                segment.Identity, segment.FirstOffset, segment.Limit, out GroupHeader group)
                && group.RecordCount > 0)
            {
                OperationProbe probe = new();
                reader.WalkRecords(group, segment.Limit, probe);
                return probe.OnlyOperations;
            }
        }

        return false;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _state.Dispose();
        _log.Dispose();
    }

    private static CommittedIndex NewState() =>
        new(new OrderedIndex(new IndexOptions()), new ValueCache(0)) { Salvages = true };

    /// <summary>Loads the newest snapshot that is whole; gives its sequence, 0 for none.</summary>
    private long LoadNewest()
    {
        Guid store = _look.Manifest?.StoreId
            ?? _look.Survey.Files.Select(f => f.Header?.StoreId).FirstOrDefault(s => s is not null)
            ?? Guid.Empty;
        List<(long Sequence, string Path, ManifestSnapshot Listed)> whole = [];
        foreach (ManifestSnapshot listed in _look.Manifest?.Snapshots
            ?? [.. _look.Survey.Snapshots.Select(n => new ManifestSnapshot(n, 0))])
        {
            string path = Path.Combine(
                _look.Directory, FileNames.IndexSnapshot(listed.FileNumber));
            try
            {
                SnapshotHeader header = IndexSnapshotCheck.Run(_look.Files, path, store, listed);
                whole.Add((header.LogSequence, path, listed));
            }
            catch (Exception damage) when (damage is CorruptionException or StorageNotFoundException)
            {
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption, path, -1, damage.Message));
            }
        }

        List<(string Path, ManifestSnapshot Listed)> disordered = [];
        foreach ((_, string path, ManifestSnapshot listed) in
            whole.OrderByDescending(w => w.Sequence))
        {
            SnapshotOrder order = new();
            if (TryLoad(path, listed, store, order, out long sequence))
            {
                return sequence;
            }

            if (order.IsBroken)
            {
                disordered.Add((path, listed));
            }
        }

        // An index that had lost keys wrote these; the log knows better while it has everything.
        if (_look.Manifest is { AnythingFreed: false })
        {
            return 0;
        }

        foreach ((string path, ManifestSnapshot listed) in disordered)
        {
            SnapshotOrder order = new() { Mends = true };
            if (TryLoad(path, listed, store, order, out long sequence))
            {
                _findings.Add(new VerifyFinding(FindingSeverity.Note, path, -1, $"{order}"));
                return sequence;
            }
        }

        return 0;
    }

    private bool TryLoad(
        string path,
        ManifestSnapshot listed,
        Guid store,
        SnapshotOrder order,
        out long sequence)
    {
        try
        {
            sequence = IndexSnapshotReader.Load(
                new SnapshotPlace(_look.Files, path, listed, store, ForWriting: false),
                _segments,
                _state,
                order);
            return true;
        }
        catch (CorruptionException damage)
        {
            _segments.ForgetMadeUp();
            _findings.Add(new VerifyFinding(
                FindingSeverity.Corruption, path, damage.Offset, damage.Reason));
            _state.Dispose();
            _state = NewState();
            sequence = 0;
            return false;
        }
    }

    private void Replay()
    {
        foreach (SalvagedGroup group in _log.Read())
        {
            SegmentSlot slot = _state.Slots.Of(_segments[group.SegmentId]);
            for (int batch = 0; batch < group.Batches; batch++)
            {
                (long first, int count) = group.Batch(batch);
                for (int i = 0; i < count; i++)
                {
                    Apply(slot, group.Offset(batch, i), first + i, group.Payload(batch, i).Span);
                }
            }
        }

        _state.Publish();
    }

    private void Apply(SegmentSlot slot, long offset, long sequence, ReadOnlySpan<byte> payload)
    {
        if (!OperationCodec.TryRead(payload, out Operation operation)
            || !OperationCheck.IsPossible(
                operation, sequence, offset, RecordHeader.EncodedLength(payload.Length)))
        {
            _findings.Add(new VerifyFinding(
                FindingSeverity.Corruption,
                slot.Segment.Path,
                offset,
                $"record {sequence} is no operation of an engine"));
            return;
        }

        switch (operation.Kind)
        {
            case OperationKind.CreateKeyspace:
                if (_state.PendingKeyspaces.Contains(operation.Keyspace))
                {
                    return;
                }

                break;
            case OperationKind.DropKeyspace:
                _dropped.Add(operation.Keyspace);
                break;
            case OperationKind.Put or OperationKind.Relocate:
                RequireKeyspace(slot, sequence, operation.Keyspace);
                break;
        }

        _state.ApplyBehindGap(slot, offset, sequence, payload);
    }

    /// <summary>The record that named a keyspace may be lost: then it gets a name.</summary>
    private void RequireKeyspace(SegmentSlot slot, long sequence, uint id)
    {
        bool known = KeyspaceTable.IsHidden(id)
            || _dropped.Contains(id)
            || (_snapshot > 0 && id < _nextKeyspace)
            || _state.PendingKeyspaces.Contains(id);
        if (known)
        {
            return;
        }

        string name = $"salvaged-keyspace-{id}";
        while (_state.PendingKeyspaces.TryGetId(name, out _))
        {
            name += "-";
        }

        byte[] text = Encoding.UTF8.GetBytes(name);
        byte[] payload = new byte[OperationCodec.HeadSize + text.Length];
        OperationCodec.WriteHead(
            payload, OperationKind.CreateKeyspace, default, id, text.Length, 0, 0);
        text.CopyTo(payload.AsSpan(OperationCodec.HeadSize));
        _state.ApplyBehindGap(slot, 0, sequence, payload);
        _findings.Add(new VerifyFinding(
            FindingSeverity.Corruption,
            _look.Directory,
            -1,
            $"the name of keyspace {id} is lost; its keys are in '{name}'"));
    }

    private sealed class OperationProbe : IRecordSink
    {
        internal bool OnlyOperations { get; private set; } = true;

        void IRecordSink.Record(long sequence, long offset, ReadOnlySpan<byte> record) =>
            OnlyOperations &= OperationCodec.TryRead(
                record[RecordHeader.Size..(int)RecordHeader.ReadLength(record)], out _);

        void IRecordSink.Damage(RecordDamage damage)
        {
        }
    }
}
