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
    /// <summary>Where values go whose key is lost.</summary>
    private const string KeylessKeyspace = "salvaged-values";

    private readonly DirectoryLook _look;
    private readonly SalvagedSegments _segments;
    private readonly Salvager _log;
    private readonly long _snapshot;
    private readonly uint _nextKeyspace;
    private readonly HashSet<uint> _dropped = [];
    private readonly List<VerifyFinding> _findings = [];
    private readonly List<LostValue> _lost = [];
    private CommittedIndex _state = NewState();
    private ValueReader? _values;

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

    internal IReadOnlyList<VerifyFinding> Findings => [.. _findings, .. _log.Losses.Findings];

    /// <summary>What is known to have been there and cannot be read.</summary>
    internal IReadOnlyList<LostValue> Lost => _lost;

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
            salvager._values = new ValueReader(look.Files, salvager._state, direct: false);
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
    /// Whether a directory without a readable manifest holds an engine: it has snapshots of an index,
    /// or all records of the first readable group are operations.
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
                segment, segment.FirstOffset, segment.Limit, out GroupHeader group)
                && group.RecordCount > 0)
            {
                OperationProbe probe = new();
                reader.WalkRecords(group, segment.Limit, probe);
                return probe.OnlyOperations;
            }
        }

        return false;
    }

    /// <summary>
    /// Everything that is live and readable, in order of keyspace and key; the value is valid until
    /// the next is asked for. What cannot be read is among the lost.
    /// </summary>
    internal IEnumerable<(string Keyspace, byte[] Key, ReadOnlyMemory<byte> Value, long Expires)>
        Values()
    {
        using PinnedRoot root = _state.Index.Pin();
        HashSet<long> referenced = [];
        foreach ((uint id, string name) in _state.Facts.Keyspaces.Keyspaces)
        {
            IndexCursor cursor = Within(root, id);
            while (cursor.MoveNext())
            {
                byte[] full = cursor.Key.ToArray();
                IndexValue entry = cursor.Value;
                if (new Location(entry.Location) is { IsChunkSet: true } location)
                {
                    referenced.Add(location.ChunkSet);
                }

                using PooledBytes bytes = new();
                if (TryRead(root, entry, full, name, bytes))
                {
                    yield return (
                        name,
                        full[IndexKey.PrefixSize..],
                        bytes.Written.ToArray(),
                        entry.ExpiresTicks);
                }
            }
        }

        foreach (long set in Keyless(root, referenced))
        {
            byte[] key = Encoding.UTF8.GetBytes($"set-{set}");
            using PooledBytes bytes = new();
            IndexValue entry = new(0, Location.OfChunkSet(set).Word, 0);
            if (TryRead(root, entry, [0, 0, 0, 0, .. key], KeylessKeyspace, bytes))
            {
                yield return (KeylessKeyspace, key, bytes.Written.ToArray(), 0);
            }
        }
    }

    public void Dispose()
    {
        _values?.Dispose();
        _state.Dispose();
        _log.Dispose();
    }

    private static IndexCursor Within(PinnedRoot root, uint keyspace)
    {
        byte[] from = new byte[IndexKey.PrefixSize];
        IndexKey.Write(from, keyspace, default);
        return root.Seek(from, IndexKey.EndOf(keyspace));
    }

    /// <summary>
    /// Large values whose chunks are there and whose key is lost: the record that names it holds
    /// nothing but that, so only a snapshot knows it once its segment is freed.
    /// </summary>
    private List<long> Keyless(PinnedRoot root, HashSet<long> referenced)
    {
        HashSet<long> unpublished = [];
        for (IndexCursor at = Within(root, KeyspaceTable.ChunkMarkers); at.MoveNext();)
        {
            unpublished.Add(IndexKey.ChunkSetOf(at.Key));
        }

        List<long> keyless = [];
        for (IndexCursor at = Within(root, KeyspaceTable.Chunks); at.MoveNext();)
        {
            long set = IndexKey.ChunkSetOf(at.Key);
            if ((keyless.Count == 0 || keyless[^1] != set)
                && !referenced.Contains(set)
                && !unpublished.Contains(set))
            {
                keyless.Add(set);
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption,
                    _look.Directory,
                    -1,
                    $"the key of a large value is lost; the value is in '{KeylessKeyspace}' as "
                    + $"'set-{set}'"));
            }
        }

        return keyless;
    }

    private static CommittedIndex NewState() =>
        new(new OrderedIndex(new IndexOptions()), new ValueCache(0)) { Salvages = true };

    /// <summary>Loads the newest snapshot that is whole; gives its sequence, 0 where there is none.</summary>
    private long LoadNewest()
    {
        Guid store = _look.Manifest?.StoreId
            ?? _look.Survey.Files.Select(f => f.Header?.StoreId).FirstOrDefault(s => s is not null)
            ?? Guid.Empty;
        List<(long Sequence, string Path)> whole = [];
        foreach (ulong number in _look.Manifest?.Snapshots ?? _look.Survey.Snapshots)
        {
            string path = Path.Combine(_look.Directory, FileNames.IndexSnapshot(number));
            try
            {
                whole.Add((IndexSnapshotCheck.Run(_look.Files, path, store).LogSequence, path));
            }
            catch (Exception damage) when (damage is CorruptionException or NotFoundException)
            {
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption, path, -1, damage.Message));
            }
        }

        foreach ((long sequence, string path) in whole.OrderByDescending(w => w.Sequence))
        {
            try
            {
                return IndexSnapshotReader.Load(_look.Files, path, store, _segments, _state);
            }
            catch (CorruptionException damage)
            {
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption, path, damage.Offset, damage.Reason));
                _state.Dispose();
                _state = NewState();
            }
        }

        return 0;
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
        if (!OperationCodec.TryRead(payload, out Operation operation))
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
                if (_state.PendingKeyspaces.PlaceOf(operation.Keyspace) >= 0)
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
            || _state.PendingKeyspaces.PlaceOf(id) >= 0;
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

    private bool TryRead(
        PinnedRoot root, in IndexValue entry, byte[] key, string keyspace, PooledBytes into)
    {
        try
        {
            Location location = new(entry.Location);
            if (location.IsChunkSet)
            {
                _values!.ReadChunks(root, location.ChunkSet, into);
            }
            else
            {
                _values!.ReadPinned(entry, key, into);
            }

            return true;
        }
        catch (Exception damage) when (damage is CorruptionException or StorageIOException)
        {
            _lost.Add(new LostValue(
                keyspace, key[IndexKey.PrefixSize..], entry.Version, damage.Message));
            return false;
        }
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
