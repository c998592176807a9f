namespace LogEngine.Stores.Migration;

/// <summary>Makes a keyspace of the target what a view of the source shows.</summary>
internal sealed class KeyspaceCopy(
    StorageEngine target, Keyspace into, KeyspaceReader from, MigrationState state, MigrationMeter meter)
{
    /// <summary>Values held at the same time; a value may have 64 MiB.</summary>
    private const int ValuesAtOnce = 32;

    private const int BatchKeys = 1000;
    private const int BatchBytes = 1 << 20;

    private readonly Pending _removals = new(target);

    private string Name => into.Name;

    /// <summary>Most keys that are put into the order of their versions in memory; for tests less.</summary>
    internal int MostKeys { get; init; } = 1_000_000;

    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        meter.Tell(MigrationStep.Copying, Name);
        long through = state.ThroughOf(Name);
        long fromVersion = 0;
        int mostKeys = MostKeys;
        bool isNew = await into.GetFirstAsync(new ScanRange(default, KeysOnly: true), cancellationToken)
            .ConfigureAwait(false) is null;
        if (isNew)
        {
            await CreateAsync(cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            OldestFirst oldest = new(mostKeys);
            await FindAsync(oldest, through, fromVersion, isNew, cancellationToken)
                .ConfigureAwait(false);
            List<(byte[] Key, long Version)> keys = oldest.Take();
            await CopyAsync(keys, through, cancellationToken).ConfigureAwait(false);
            if (oldest.CutAt == long.MaxValue)
            {
                break;
            }

            // Nothing below the cut: more keys share a version than fit.
            mostKeys = keys.Count == 0 ? checked(mostKeys * 2) : mostKeys;
            fromVersion = keys.Count == 0 ? fromVersion : oldest.CutAt;
        }
    }

    /// <summary>One that is empty is listed as well.</summary>
    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        WriteBatch batch = target.CreateBatch();
        batch.Put(into, [0], []);
        batch.Delete(into, [0]);
        await target.CommitAsync(batch, Durability.ProcessCrash, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Finds what is to be copied; removes what has gone, and gives what is there its expiry.</summary>
    /// <param name="oldest">Takes what is to be copied.</param>
    /// <param name="through">The version up to which what is there is the same; 0 for not known.</param>
    /// <param name="fromVersion">Lower ones were copied just before.</param>
    /// <param name="isNew">There was nothing in it.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    private async Task FindAsync(
        OldestFirst oldest,
        long through,
        long fromVersion,
        bool isNew,
        CancellationToken cancellationToken)
    {
        bool compares = through == 0 && !isNew;
        ReadView view = await target.OpenReadViewAsync(cancellationToken).ConfigureAwait(false);
        await using (view.ConfigureAwait(false))
        {
            SideBySide both = new(from, view.In(into), keysOnly: !compares);
            await using (both.ConfigureAwait(false))
            {
                while (await both.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                {
                    if (!both.InSource)
                    {
                        _removals.Batch.Delete(into, both.Key);
                        meter.AddRemoved();
                    }
                    else if (both.SourceInfo.Version < fromVersion)
                    {
                        continue;
                    }
                    else if (!both.InTarget
                        || (compares
                            ? !both.SourceValue.SequenceEqual(both.TargetValue)
                            : both.SourceInfo.Version > through))
                    {
                        oldest.Add(both.Key, both.SourceInfo.Version);
                    }
                    else if (both.SourceInfo.ExpiresAt != both.TargetInfo.ExpiresAt)
                    {
                        _removals.Batch.Touch(into, both.Key, both.SourceInfo.ExpiresAt);
                        meter.AddCopied(1, 0);
                    }

                    await _removals.CommitIfFullAsync(BatchKeys, BatchBytes, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }

        await _removals.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task CopyAsync(
        List<(byte[] Key, long Version)> keys, long through, CancellationToken cancellationToken)
    {
        Pending puts = new(target);
        foreach ((byte[] Key, long Version)[] some in keys.Chunk(ValuesAtOnce))
        {
            StoredValue?[] values = await from.GetManyAsync(
                [.. some.Select(entry => (ReadOnlyMemory<byte>)entry.Key)], cancellationToken)
                .ConfigureAwait(false);
            try
            {
                for (int i = 0; i < some.Length; i++)
                {
                    await PutAsync(puts, some[i].Key, values[i], cancellationToken)
                        .ConfigureAwait(false);
                }
            }
            finally
            {
                Array.ForEach(values, value => value?.Dispose());
            }

            // A key below what was known before was found missing: that takes nothing back.
            puts.Through = Math.Max(some[^1].Version, through);
            if (puts.IsFull(BatchKeys, BatchBytes))
            {
                await CommitAsync(puts, cancellationToken).ConfigureAwait(false);
            }
        }

        await CommitAsync(puts, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Adds a put. A value that would make the batch too large goes by itself, behind what is before it; the
    /// version up to which the keyspace is copied follows with the next batch, so that a crash in between
    /// copies it once more.
    /// </summary>
    private async ValueTask PutAsync(
        Pending puts, byte[] key, StoredValue? value, CancellationToken cancellationToken)
    {
        // Null where it has expired since.
        if (value is null)
        {
            return;
        }

        meter.AddCopied(1, key.Length + value.Memory.Length);
        if (value.Memory.Length < BatchBytes)
        {
            puts.Batch.Put(into, key, value.Memory.Span, value.ExpiresAt);
            return;
        }

        await puts.CommitAsync(cancellationToken).ConfigureAwait(false);
        await into.PutAsync(
            key, value.Memory, Durability.ProcessCrash, value.ExpiresAt, CancellationToken.None)
            .ConfigureAwait(false);
        meter.Tell(MigrationStep.Copying, Name);
    }

    private async ValueTask CommitAsync(Pending puts, CancellationToken cancellationToken)
    {
        if (puts.Through > 0)
        {
            state.Note(puts.Batch, Name, puts.Through);
        }

        await puts.CommitAsync(cancellationToken).ConfigureAwait(false);
        meter.Tell(MigrationStep.Copying, Name);
    }

    /// <summary>A batch that is committed when it is full.</summary>
    private sealed class Pending(StorageEngine engine)
    {
        internal WriteBatch Batch { get; private set; } = engine.CreateBatch();

        internal long Through { get; set; }

        internal bool IsFull(int mostKeys, long mostBytes) =>
            Batch.Count >= mostKeys || Batch.PayloadBytes >= mostBytes;

        internal ValueTask CommitIfFullAsync(
            int mostKeys, long mostBytes, CancellationToken cancellationToken) =>
            IsFull(mostKeys, mostBytes) ? CommitAsync(cancellationToken) : ValueTask.CompletedTask;

        internal async ValueTask CommitAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Batch.Count > 0)
            {
                await engine.CommitAsync(Batch, Durability.ProcessCrash, CancellationToken.None)
                    .ConfigureAwait(false);
                Batch = engine.CreateBatch();
            }
        }
    }
}
