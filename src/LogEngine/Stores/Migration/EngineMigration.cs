namespace LogEngine.Stores.Migration;

/// <summary>
/// Copies everything from one engine to another, whichever engines they are: keyspaces, those of all stores,
/// and queues.
/// </summary>
/// <remarks>
/// The source is read as of one moment and nothing is written to it. The target gives versions of its own, in
/// each keyspace in the order of the source's; positions of watches, tokens of leases and versions that
/// somebody has kept are good for the source alone. A message that is leased at that moment waits in the target.
/// </remarks>
public static class EngineMigration
{
    /// <summary>
    /// Copies, or copies what has changed since an unfinished migration, and verifies it. What was copied
    /// when it is cancelled or fails stays in the target, and is not copied again once it is resumed.
    /// </summary>
    /// <param name="source">The source; it may be open read-only.</param>
    /// <param name="target">
    /// The target, empty or with an unfinished migration from the same source. Nobody else may write to it,
    /// and none of its queues may be open.
    /// </param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="progress">Told of the progress, often; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was done; all of it is durable at <see cref="Durability.PowerLoss"/>.</returns>
    /// <exception cref="MigrationRefusedException">It cannot go from this source to this target.</exception>
    /// <exception cref="MigrationMismatchException">The target is not the same as the source.</exception>
    /// <exception cref="CorruptionException">Something in the source is damaged.</exception>
    /// <exception cref="NotSupportedException">Queues of one of the engines cannot be moved.</exception>
    /// <exception cref="ArgumentException">Source and target are the same.</exception>
    public static async Task<MigrationReport> RunAsync(
        StorageEngine source,
        StorageEngine target,
        MigrationOptions? options = null,
        IProgress<MigrationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        if (ReferenceEquals(source, target))
        {
            throw new ArgumentException("Source and target are the same.", nameof(target));
        }

        ReadView view = await source.OpenReadViewAsync(cancellationToken).ConfigureAwait(false);
        await using (view.ConfigureAwait(false))
        {
            Migration migration = new(
                source, target, view, options ?? new MigrationOptions(), new MigrationMeter(
                    progress, target.LoggerFactory));
            return await migration.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a store is the target of a migration that was begun and not finished.</summary>
    /// <param name="engine">The store.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static async ValueTask<bool> IsUnfinishedAsync(
        StorageEngine engine, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return (await engine.ListKeyspacesAsync(cancellationToken).ConfigureAwait(false))
            .Contains(MigrationState.KeyspaceName);
    }

    /// <summary>A keyspace by its name, a store's too.</summary>
    internal static Keyspace KeyspaceOf(StorageEngine engine, string name) =>
        StorageEngine.IsReservedName(name) ? engine.GetStoreKeyspace(name) : engine.GetKeyspace(name);
}
