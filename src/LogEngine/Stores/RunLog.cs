using System.Runtime.CompilerServices;
using LogEngine.Awaiting;

namespace LogEngine.Stores;

/// <summary>
/// Rows per run, appended and never changed, in a keyspace of a <see cref="StorageEngine"/>: the
/// memory of a workflow engine.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe; one object serves any number of runs at once, and any number of objects may share a
/// store. Runs are named by any text of 1 to 1,024 bytes of UTF-8; no name is part of another. A
/// (run, sequence) is written once: of several appends that race for it, one wins, and the others
/// are refused.
/// </para>
/// <para>
/// Numbers that the store assigns go up by one from the highest that is there, beginning with 1; an
/// append that fails may leave a gap. A cleared run begins again. Bytes: docs/stores.md.
/// </para>
/// </remarks>
public sealed class RunLog
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly SequenceReservations _reservations;

    /// <summary>A store by its name; it comes into being with its first row.</summary>
    /// <param name="engine">The engine; the store is usable as long as it is open.</param>
    /// <param name="name">1 to 1,008 bytes of UTF-8.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    internal RunLog(StorageEngine engine, string name)
    {
        _keyspace = StoreNames.KeyspaceOf(engine, "runs", name);
        _engine = engine;
        _reservations = SequenceReservations.Of(_keyspace);
        Name = name;
    }

    /// <summary>The store's name.</summary>
    public string Name { get; }

    /// <summary>Appends a row under its own sequence.</summary>
    /// <param name="run">The run.</param>
    /// <param name="row">The row; its data is copied before the call returns.</param>
    /// <param name="durability">What the row survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <exception cref="RunRowExistsException">The run has a row of that sequence.</exception>
    /// <exception cref="StoreNameException">
    /// The run's name or a text of the row is refused.
    /// </exception>
    /// <exception cref="RecordTooLargeException">The row exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public async ValueTask AppendAsync(
        string run,
        RunRow row,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ConditionalResult result = await TryAppendAsync(run, row, durability, cancellationToken)
            .ConfigureAwait(false);
        if (!result.Applied)
        {
            throw new RunRowExistsException(run, row.Sequence);
        }
    }

    /// <summary>
    /// As <see cref="AppendAsync"/>, with a sequence
    /// that is taken as a result.
    /// </summary>
    /// <returns>
    /// Whether it was appended, and the version made or in the way; a row that is in the way is as durable
    /// as was asked.
    /// </returns>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask<ConditionalResult> TryAppendAsync(
        string run,
        RunRow row,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        FieldWriter value = RunRowCodec.Encode(row);
        return PutAsync(
            KeyOf(PrefixOf(run), row.Sequence), value, durability, cancellationToken);
    }

    /// <summary>Appends rows under their own sequences: all of them, or none.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rows">One or more rows.</param>
    /// <param name="durability">What the rows survive when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <exception cref="RunRowExistsException">A sequence is taken, or is there twice.</exception>
    /// <inheritdoc cref="AppendAsync"/>
    public async ValueTask AppendManyAsync(
        string run,
        IReadOnlyCollection<RunRow> rows,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        byte[] prefix = PrefixOf(run);
        HashSet<long> sequences = [];
        WriteBatch batch = _engine.CreateBatch();
        foreach (RunRow row in rows)
        {
            Add(batch, prefix, row);
            if (!sequences.Add(row.Sequence))
            {
                throw new RunRowExistsException(run, row.Sequence);
            }
        }

        CommitResult result = await _engine
            .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
        if (result.Conflict is { } conflict)
        {
            throw new RunRowExistsException(run, NamedKey.NumberOf(conflict.Key.Span));
        }
    }

    /// <summary>Appends a row under the next sequence of the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="row">The row; its own sequence does not count.</param>
    /// <param name="durability">What the row survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The sequence it was given.</returns>
    /// <exception cref="InvalidOperationException">The run has no sequence left.</exception>
    /// <inheritdoc cref="AppendAsync"/>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<long> AppendNextAsync(
        string run,
        RunRow row,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        FieldWriter value = RunRowCodec.Encode(row);
        byte[] prefix = PrefixOf(run);
        while (true)
        {
            using SequenceReservations.Reservation reservation = _reservations.Enter(run);
            long next = reservation.Take(await HighestAsync(prefix, cancellationToken)
                .ConfigureAwait(false) ?? 0);
            ConditionalResult result = await _keyspace.PutIfAbsentAsync(
                NamedKey.Of(prefix, next),
                value.WrittenMemory,
                durability,
                cancellationToken: cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                value.Return();
                return next;
            }
        }
    }

    /// <summary>The rows of a run in ascending sequence, as of one moment, streamed.</summary>
    /// <param name="run">The run; none of that name has no rows.</param>
    /// <param name="fromSequence">The first sequence to read.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="StoreNameException">The run's name is refused.</exception>
    /// <exception cref="CorruptionException">A row is damaged; it names the place.</exception>
    /// <exception cref="UndecodableValueException">A value is sound, but no row.</exception>
    public async IAsyncEnumerable<RunRow> ReadAsync(
        string run,
        long fromSequence = 0,
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fromSequence);
        byte[] prefix = PrefixOf(run);
        using KeyScan scan = StoreReader.Of(_keyspace, view)
            .Scan(NamedKeys.From(prefix, fromSequence));
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return RowOf(entry, run);
        }
    }

    /// <summary>All rows of a run in ascending sequence, as of one moment.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async ValueTask<IReadOnlyList<RunRow>> LoadAsync(
        string run,
        long fromSequence = 0,
        ReadView? view = null,
        CancellationToken cancellationToken = default)
    {
        List<RunRow> rows = [];
        await foreach (RunRow row in ReadAsync(run, fromSequence, view, cancellationToken)
            .ConfigureAwait(false))
        {
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>The row of the highest sequence; null where the run has none.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async ValueTask<RunRow?> LoadLastAsync(
        string run, ReadView? view = null, CancellationToken cancellationToken = default)
    {
        using KeyScan scan = StoreReader.Of(_keyspace, view)
            .Scan(NamedKeys.All(PrefixOf(run)) with { Reverse = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            return RowOf(entry, run);
        }

        return null;
    }

    /// <summary>The runs that have rows, in order of their names' bytes.</summary>
    /// <param name="view">Lists as of this view; null: each as of when it is reached.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<string> ListRunsAsync(
        ReadView? view = null, CancellationToken cancellationToken = default) =>
        NamedKeys.ListNamesAsync(
            StoreReader.Of(_keyspace, view), [], [], cancellationToken);

    /// <summary>Rows of a run, counted one by one without reading them.</summary>
    /// <param name="run">The run.</param>
    /// <param name="view">Counts as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The run's name is refused.</exception>
    public ValueTask<long> CountRowsAsync(
        string run, ReadView? view = null, CancellationToken cancellationToken = default) =>
        StoreReader.Of(_keyspace, view).CountRangeAsync(
            NamedKeys.All(PrefixOf(run)), cancellationToken);

    /// <summary>
    /// Removes every row of a run and of no other, by one range tombstone; an unknown run is left
    /// alone, and nothing is written.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="durability">What the removal survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it had rows.</returns>
    /// <exception cref="StoreNameException">The run's name is refused.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public async ValueTask<bool> ClearAsync(
        string run,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        byte[] prefix = PrefixOf(run);
        if (await HighestAsync(prefix, cancellationToken).ConfigureAwait(false) is null)
        {
            if (_engine.LevelOf(durability) >= Durability.PowerLoss)
            {
                // That there is none is as durable as the removal would be.
                await _engine.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            return false;
        }

        await _keyspace.DeleteRangeAsync(
            prefix, NamedKey.Behind(prefix), durability, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Adds a row to a batch under its own sequence; the batch conflicts if that is taken.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="run">The run.</param>
    /// <param name="row">The row; it is copied at once.</param>
    /// <exception cref="StoreNameException">
    /// The run's name or a text of the row is refused.
    /// </exception>
    public void Append(WriteBatch batch, string run, RunRow row)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Add(batch, PrefixOf(run), row);
    }

    /// <summary>
    /// Adds a row under the number behind the highest that the run has when the batch is committed. Where another
    /// one takes that number first, the batch is refused: make it anew.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="run">The run's name.</param>
    /// <param name="row">The row; it is copied at once, its number is ignored.</param>
    /// <returns>The number, known once the batch has been committed.</returns>
    public PendingValue<long> AppendNext(WriteBatch batch, string run, RunRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(batch);
        byte[] prefix = PrefixOf(run);
        FieldWriter value = RunRowCodec.Encode(row);
        DecidedInBatch<long> added = new(open => AddNextAsync(open, run, prefix, value));
        batch.Observe(added);
        return added.Value;
    }

    /// <summary>Adds the removal of every row of a run to a batch.</summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="run">The run.</param>
    public void Clear(WriteBatch batch, string run)
    {
        ArgumentNullException.ThrowIfNull(batch);
        byte[] prefix = PrefixOf(run);
        batch.DeleteRange(_keyspace, prefix, NamedKey.Behind(prefix));
    }

    private async ValueTask<long> AddNextAsync(
        WriteBatch batch, string run, byte[] prefix, FieldWriter value)
    {
        long highest =
            await HighestAsync(prefix, CancellationToken.None).ConfigureAwait(false) ?? 0;
        long next = NumbersInBatch.Of(batch, _keyspace).Next(prefix, highest, run);
        Add(batch, NamedKey.Of(prefix, next), value.Written);
        return next;
    }

    private ValueTask<long?> HighestAsync(byte[] prefix, CancellationToken cancellationToken) =>
        NamedKeys.HighestAsync(_keyspace, prefix, cancellationToken);

    private static byte[] PrefixOf(string run) =>
        NamedKey.Prefix(default, run, "A run's name", nameof(run));

    private static byte[] KeyOf(byte[] prefix, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        return NamedKey.Of(prefix, sequence);
    }

    private static RunRow RowOf(KeyValueEntry entry, string run) => RunRowCodec.Decode(
        NamedKey.NumberOf(entry.Key.Span), entry.Value.Span, run);

    private void Add(WriteBatch batch, byte[] prefix, RunRow row)
    {
        FieldWriter value = RunRowCodec.Encode(row);
        Add(batch, KeyOf(prefix, row.Sequence), value.Written);
        value.Return();
    }

    private void Add(WriteBatch batch, byte[] key, ReadOnlySpan<byte> value)
    {
        batch.RequireAbsent(_keyspace, key);
        batch.Put(_keyspace, key, value);
    }

    /// <summary>Puts an encoded row whose number nobody has; the row's memory is given back.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ConditionalResult> PutAsync(
        byte[] key, FieldWriter value, Durability? durability, CancellationToken cancellationToken)
    {
        ConditionalResult result = await _keyspace.PutIfAbsentAsync(
            key, value.WrittenMemory, durability, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        value.Return();
        return result;
    }
}
