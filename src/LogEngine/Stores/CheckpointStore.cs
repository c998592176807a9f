using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores;

/// <summary>
/// Numbered checkpoints by name, of which the newest few are kept, in a keyspace of a
/// <see cref="StorageEngine"/>.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe; any number of objects may share a store. Names are any text of 1 to 1,024 bytes of
/// UTF-8. Numbers of a name begin with 1 and are never used twice, not after a clear, not after the
/// newest was damaged; a save that fails may leave a gap.
/// </para>
/// <para>
/// A save and the removal of what it pushes out are one batch: after a crash both are there, or
/// neither. Saves of one name that run at once may keep one more for a moment; when the last of
/// them has completed, the newest N are there. Bytes: docs/stores.md.
/// </para>
/// </remarks>
public sealed class CheckpointStore
{
    private readonly StorageEngine _engine;
    private readonly Keyspace _keyspace;
    private readonly ILogger _logger;
    private readonly CheckpointSaver _saver;

    internal CheckpointStore(
        StorageEngine engine, string name, CheckpointStoreOptions options, ILogger? logger = null)
    {
        _keyspace = StoreNames.KeyspaceOf(engine, "checkpoints", name);
        _engine = engine;
        _saver = new CheckpointSaver(engine, _keyspace, options.Keep);
        _logger = logger ?? LogCategories.Create(engine.LoggerFactory, LogCategories.Checkpoints);
        Name = name;
    }

    /// <summary>The store's name.</summary>
    public string Name { get; }

    /// <summary>
    /// Saves a checkpoint under the next number of its name, and lets go of old ones.
    /// </summary>
    /// <param name="name">Whose checkpoint it is.</param>
    /// <param name="payload">The content; it must not change until the call completes.</param>
    /// <param name="durability">What it survives when the call completes.</param>
    /// <param name="keep">How many of this name are kept; null for the store's number.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Its number.</returns>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    /// <exception cref="RecordTooLargeException">The content exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public ValueTask<long> SaveAsync(
        string name,
        ReadOnlyMemory<byte> payload,
        Durability? durability = null,
        int? keep = null,
        CancellationToken cancellationToken = default) =>
        _saver.SaveAsync(name, _ => payload, durability, keep, cancellationToken);

    /// <inheritdoc cref="SaveAsync(string, ReadOnlyMemory{byte}, Durability?, int?, CancellationToken)"/>
    public ValueTask<long> SaveAsync<T>(
        string name,
        T payload,
        JsonTypeInfo<T> type,
        Durability? durability = null,
        int? keep = null,
        CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> bytes = JsonCodec.Encode(payload, type);
        return _saver.SaveAsync(name, _ => bytes, durability, keep, cancellationToken);
    }

    /// <summary>
    /// Saves a checkpoint of work; its <see cref="WorkCheckpoint.Sequence"/> becomes the number.
    /// </summary>
    /// <inheritdoc cref="SaveAsync(string, ReadOnlyMemory{byte}, Durability?, int?, CancellationToken)"/>
    public ValueTask<long> SaveAsync(
        string name,
        WorkCheckpoint payload,
        Durability? durability = null,
        int? keep = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(payload);
        return _saver.SaveAsync(
            name,
            sequence => Encode(payload, sequence),
            durability,
            keep,
            cancellationToken);
    }

    /// <summary>
    /// Adds a checkpoint to a batch under the number that is the next one when the batch is committed, and the
    /// removal of what it pushes out. Several of a name in one batch are numbered one after the other. The
    /// batch conflicts if another save takes the number first: make it anew then. Where others save at
    /// the same time, one more may be kept until the next save.
    /// </summary>
    /// <returns>Its number, known once the batch has been committed.</returns>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    public PendingValue<long> Save(WriteBatch batch, string name, ReadOnlySpan<byte> payload)
    {
        byte[] copy = payload.ToArray();
        return _saver.AddNext(batch, name, _ => copy);
    }

    /// <inheritdoc cref="Save(WriteBatch, string, ReadOnlySpan{byte})"/>
    public PendingValue<long> Save<T>(
        WriteBatch batch, string name, T payload, JsonTypeInfo<T> type) =>
        Save(batch, name, JsonCodec.Encode(payload, type).Span);

    /// <inheritdoc cref="Save(WriteBatch, string, ReadOnlySpan{byte})"/>
    public PendingValue<long> Save(WriteBatch batch, string name, WorkCheckpoint payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        return _saver.AddNext(batch, name, sequence => Encode(payload, sequence));
    }

    /// <summary>
    /// The newest valid checkpoint of a name. Damaged ones are passed over, with a warning to the
    /// logger; they come back as data too. None at all is no error.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    public ValueTask<CheckpointLoad<ReadOnlyMemory<byte>>> LoadLatestAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default) =>
        LoadLatestCoreAsync(name, Copy, view, cancellationToken);

    /// <summary>The same, of a type; what is no T counts as damaged.</summary>
    /// <inheritdoc cref="LoadLatestAsync(string, ReadView?, CancellationToken)"/>
    public ValueTask<CheckpointLoad<T>> LoadLatestAsync<T>(
        string name,
        JsonTypeInfo<T> type,
        ReadView? view = null,
        CancellationToken cancellationToken = default) => LoadLatestCoreAsync(
            name,
            (bytes, sequence) => JsonCodec.Decode(bytes, type, What(name, sequence)),
            view,
            cancellationToken);

    /// <summary>The same, of work.</summary>
    /// <inheritdoc cref="LoadLatestAsync(string, ReadView?, CancellationToken)"/>
    public ValueTask<CheckpointLoad<WorkCheckpoint>> LoadLatestWorkAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default) =>
        LoadLatestAsync(name, StoreJson.Default.WorkCheckpoint, view, cancellationToken);

    /// <summary>
    /// As <see cref="LoadLatestAsync(string, ReadView?, CancellationToken)"/>, but finding none is
    /// an error.
    /// </summary>
    /// <exception cref="StorageNotFoundException">There is no valid checkpoint of that name.</exception>
    /// <inheritdoc cref="LoadLatestAsync(string, ReadView?, CancellationToken)"/>
    public async ValueTask<Checkpoint<ReadOnlyMemory<byte>>> RestoreAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default) =>
        Found(
            name, await LoadLatestAsync(name, view, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc cref="RestoreAsync(string, ReadView?, CancellationToken)"/>
    public async ValueTask<Checkpoint<T>> RestoreAsync<T>(
        string name,
        JsonTypeInfo<T> type,
        ReadView? view = null,
        CancellationToken cancellationToken = default) => Found(
            name,
            await LoadLatestAsync(name, type, view, cancellationToken).ConfigureAwait(false));

    /// <summary>Exactly one checkpoint.</summary>
    /// <param name="name">The name.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="view">Reads as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StorageNotFoundException">There is none of that number.</exception>
    /// <exception cref="CorruptionException">It is damaged; it names the place.</exception>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    public ValueTask<Checkpoint<ReadOnlyMemory<byte>>> LoadAsync(
        string name,
        long sequence,
        ReadView? view = null,
        CancellationToken cancellationToken = default) =>
        LoadCoreAsync(CheckpointKeys.Of(name), sequence, Copy, view, cancellationToken);

    /// <exception cref="UndecodableValueException">It is sound, but no T.</exception>
    /// <inheritdoc cref="LoadAsync(string, long, ReadView?, CancellationToken)"/>
    public ValueTask<Checkpoint<T>> LoadAsync<T>(
        string name,
        long sequence,
        JsonTypeInfo<T> type,
        ReadView? view = null,
        CancellationToken cancellationToken = default) => LoadCoreAsync(
            CheckpointKeys.Of(name),
            sequence,
            (bytes, number) => JsonCodec.Decode(bytes, type, What(name, number)),
            view,
            cancellationToken);

    /// <summary>
    /// The numbers of a name, ascending, as of one moment; damaged ones included.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="view">Lists as of this view; null for now.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    public async IAsyncEnumerable<CheckpointEntry> ListAsync(
        string name,
        ReadView? view = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using KeyScan scan = StoreReader.Of(_keyspace, view)
            .Scan(CheckpointKeys.Of(name).All with { KeysOnly = true });
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            yield return new CheckpointEntry(
                NamedKey.NumberOf(entry.Key.Span), entry.Info.Version);
        }
    }

    /// <summary>The names that have checkpoints, in order of their bytes.</summary>
    /// <param name="view">Lists as of this view; null: each as of when it is reached.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    public IAsyncEnumerable<string> ListNamesAsync(
        ReadView? view = null, CancellationToken cancellationToken = default) =>
        NamedKeys.ListNamesAsync(
            StoreReader.Of(_keyspace, view),
            CheckpointKeys.FirstOfAll,
            CheckpointKeys.BehindAll,
            cancellationToken);

    /// <summary>Counts the checkpoints of a name, damaged ones included.</summary>
    /// <param name="name">The name.</param>
    /// <param name="view">Counts as of this view; null for now.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    public ValueTask<long> CountAsync(
        string name, ReadView? view = null, CancellationToken cancellationToken = default) =>
        StoreReader.Of(_keyspace, view).CountRangeAsync(
            CheckpointKeys.Of(name).All, cancellationToken);

    /// <summary>Removes all checkpoints of a name; its numbers go on where they were.</summary>
    /// <param name="name">The name; none of it is no error.</param>
    /// <param name="durability">What the removal survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it had checkpoints.</returns>
    /// <exception cref="StoreNameException">The name is empty, too long, or no text.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">
    /// A write or a sync failed, now or before.
    /// </exception>
    public async ValueTask<bool> ClearAsync(
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        CheckpointKeys keys = CheckpointKeys.Of(name);
        while (true)
        {
            CheckpointNumbering numbering = await CheckpointNumbering
                .ReadAsync(_keyspace, keys, keep: 0, cancellationToken).ConfigureAwait(false);
            WriteBatch batch = _engine.CreateBatch();
            numbering.RequireNoClear(batch);
            batch.Put(_keyspace, keys.Floor, CheckpointKeys.EncodeFloor(numbering.Highest));
            batch.DeleteRange(
                _keyspace, keys.Prefix, NamedKey.Of(keys.Prefix, numbering.Highest + 1));
            CommitResult result = await _engine
                .TryCommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                return numbering.HasCheckpoints;
            }
        }
    }

    private static ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes, long sequence) =>
        bytes.ToArray();

    private static ReadOnlyMemory<byte> Encode(WorkCheckpoint payload, long sequence) =>
        JsonCodec.Encode(
            payload with { Sequence = sequence }, StoreJson.Default.WorkCheckpoint);

    private async ValueTask<CheckpointLoad<T>> LoadLatestCoreAsync<T>(
        string name,
        Decoder<T> decode,
        ReadView? view,
        CancellationToken cancellationToken)
    {
        CheckpointKeys keys = CheckpointKeys.Of(name);
        using ReadView? own = view is null
            ? await _engine.OpenReadViewAsync(cancellationToken).ConfigureAwait(false)
            : null;
        ReadView pinned = view ?? own!;
        List<SkippedCheckpoint> skipped = [];
        using KeyScan scan = StoreReader.Of(_keyspace, pinned)
            .Scan(keys.All with { Reverse = true, KeysOnly = true });
        while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            long sequence = NamedKey.NumberOf(scan.Key);
            try
            {
                return new CheckpointLoad<T>(
                    await LoadCoreAsync(keys, sequence, decode, pinned, cancellationToken)
                        .ConfigureAwait(false),
                    skipped);
            }
            catch (LogEngineException error)
                when (error is CorruptionException or UndecodableValueException)
            {
                LogEvents.CheckpointSkipped(_logger, name, Name, sequence, error.Message);
                skipped.Add(new SkippedCheckpoint(sequence, error.Message, error));
            }
        }

        return new CheckpointLoad<T>(null, skipped);
    }

    private async ValueTask<Checkpoint<T>> LoadCoreAsync<T>(
        CheckpointKeys keys,
        long sequence,
        Decoder<T> decode,
        ReadView? view,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        using StoredValue? value = await StoreReader.Of(_keyspace, view)
            .GetAsync(keys.At(sequence), cancellationToken).ConfigureAwait(false);
        return value is null
            ? throw new StorageNotFoundException($"There is no {What(keys.Name, sequence)}.")
            : new Checkpoint<T>(sequence, decode(value.Memory.Span, sequence), value.Version);
    }

    private Checkpoint<T> Found<T>(string name, CheckpointLoad<T> load) => load.Latest
        ?? throw new StorageNotFoundException(
            $"There is no valid checkpoint '{name}' in store '{Name}'; "
            + $"{load.Skipped.Count} damaged.");

    private string What(string name, long sequence) =>
        $"checkpoint {sequence} of '{name}' in store '{Name}'";

    private delegate T Decoder<T>(ReadOnlySpan<byte> bytes, long sequence);
}
