namespace LogEngine.Stores;

/// <summary>Gives checkpoints their numbers, saves them, and rotates old ones out.</summary>
/// <remarks>
/// A number is used once for three reasons: a save requires that it is free; that no clear has taken
/// numbers back since the save looked; and that no number from its own on was used and rotated out again
/// meanwhile. Of the saves of one process <see cref="SequenceReservations"/> sees to the third, so that many can be
/// on their way at once. Where other processes save too, or a batch is committed later, the save requires the
/// checkpoint that it saw as the highest: those of one name then come one after the other.
/// </remarks>
internal sealed class CheckpointSaver
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly int _keep;
    private readonly SequenceReservations _reservations;

    internal CheckpointSaver(StorageEngine engine, Keyspace keyspace, int keep)
    {
        _engine = engine;
        _keyspace = keyspace;
        _keep = Math.Max(1, keep);
        _reservations = SequenceReservations.Of(keyspace);
    }

    /// <summary>Saves what is made for the number that it gets.</summary>
    internal async ValueTask<long> SaveAsync(
        string name,
        Func<long, ReadOnlyMemory<byte>> encode,
        Durability? durability,
        int? keep,
        CancellationToken cancellationToken)
    {
        CheckpointKeys keys = CheckpointKeys.Of(name);
        int kept = keep is { } own ? Math.Max(1, own) : _keep;
        long? sequence;
        bool crowded;
        do
        {
            (sequence, crowded) = await TrySaveAsync(
                keys, encode, durability, kept, cancellationToken).ConfigureAwait(false);
        }
        while (sequence is null);

        if (crowded)
        {
            await TrimAsync(keys, kept, cancellationToken).ConfigureAwait(false);
        }

        return sequence.Value;
    }

    /// <summary>
    /// Saves under the next number, null where somebody else took it; says whether others saved
    /// too.
    /// </summary>
    private async ValueTask<(long? Sequence, bool Crowded)> TrySaveAsync(
        CheckpointKeys keys,
        Func<long, ReadOnlyMemory<byte>> encode,
        Durability? durability,
        int keep,
        CancellationToken cancellationToken)
    {
        using SequenceReservations.Reservation reservation = _reservations.Enter(keys.Name);
        CheckpointNumbering numbering = await CheckpointNumbering
            .ReadAsync(_keyspace, keys, keep, cancellationToken).ConfigureAwait(false);
        long sequence = reservation.Take(numbering.Highest);
        WriteBatch batch = _engine.CreateBatch();
        numbering.RequireNoClear(batch);
        if (_engine.Capabilities.IsShared)
        {
            numbering.RequireHighest(batch);
        }

        Add(batch, keys, sequence, encode(sequence).Span);
        numbering.MarkFirst(batch);
        numbering.Rotate(batch, keep - 1, _reservations.FirstUnsettled(keys.Name));
        CommitResult result = await _engine
            .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
        return (result.Applied ? sequence : null, reservation.IsCrowded);
    }

    /// <summary>
    /// Adds a checkpoint under the next number, if that is still the next one then.
    /// </summary>
    internal PendingValue<long> AddNext(
        WriteBatch batch, string name, Func<long, ReadOnlyMemory<byte>> encode)
    {
        ArgumentNullException.ThrowIfNull(batch);
        CheckpointKeys keys = CheckpointKeys.Of(name);
        DecidedInBatch<long> added = new(open => AddNextAsync(open, keys, encode));
        batch.Observe(added);
        return added.Value;
    }

    private async ValueTask<long> AddNextAsync(
        WriteBatch batch, CheckpointKeys keys, Func<long, ReadOnlyMemory<byte>> encode)
    {
        CheckpointNumbering numbering = await CheckpointNumbering
            .ReadAsync(_keyspace, keys, _keep, CancellationToken.None).ConfigureAwait(false);
        numbering.RequireNoClear(batch);
        numbering.RequireHighest(batch);
        long sequence = NumbersInBatch.Of(batch, _keyspace)
            .Next(keys.Prefix, numbering.Highest, keys.Name);
        Add(batch, keys, sequence, encode(sequence).Span);
        long inBatch = sequence - numbering.Highest;
        if (inBatch == 1)
        {
            numbering.MarkFirst(batch);
        }
        else if (inBatch > _keep)
        {
            // The batch itself pushes out what it has put: the later operation counts.
            batch.Delete(_keyspace, keys.At(sequence - _keep));
        }

        numbering.Rotate(
            batch,
            (int)Math.Max(0, _keep - inBatch),
            _reservations.FirstUnsettled(keys.Name));
        return sequence;
    }

    private void Add(
        WriteBatch batch, CheckpointKeys keys, long sequence, ReadOnlySpan<byte> payload)
    {
        byte[] key = keys.At(sequence);
        batch.RequireAbsent(_keyspace, key);
        batch.Put(_keyspace, key, payload);
    }

    /// <summary>
    /// Removes what saves that ran at once could not see of each other.
    /// </summary>
    private async ValueTask TrimAsync(
        CheckpointKeys keys, int keep, CancellationToken cancellationToken)
    {
        CheckpointNumbering numbering = await CheckpointNumbering
            .ReadAsync(_keyspace, keys, keep, cancellationToken).ConfigureAwait(false);
        WriteBatch batch = _engine.CreateBatch();
        if (numbering.Rotate(batch, keep, _reservations.FirstUnsettled(keys.Name)))
        {
            await _engine
                .CommitAsync(batch, Durability.ProcessCrash, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
