namespace LogEngine.Stores;

/// <summary>Reads of a store: as of a view, or now.</summary>
internal static class StoreReader
{
    /// <param name="keyspace">The store's.</param>
    /// <param name="view">As of when; null for now.</param>
    internal static KeyspaceReader Of(Keyspace keyspace, ReadView? view) =>
        view?.In(keyspace) ?? keyspace;

    /// <summary>The version that a condition names; 0 where the key is absent.</summary>
    internal static async ValueTask<long> VersionOfAsync(
        this KeyspaceReader reader,
        ReadOnlyMemory<byte> key,
        CancellationToken cancellationToken = default) =>
        (await reader.GetInfoAsync(key, cancellationToken).ConfigureAwait(false))?.Version ?? 0;
}
