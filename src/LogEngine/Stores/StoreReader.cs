namespace LogEngine.Stores;

/// <summary>A keyspace as it is now, or as a view shows it.</summary>
internal readonly struct StoreReader
{
    private readonly Keyspace _keyspace;
    private readonly KeyspaceView? _view;

    internal StoreReader(Keyspace keyspace, ReadView? view)
    {
        _keyspace = keyspace;
        _view = view?.In(keyspace);
    }

    internal ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        _view is { } view
            ? view.GetAsync(key, cancellationToken)
            : _keyspace.GetAsync(key, cancellationToken);

    internal ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken) =>
        _view is { } view
            ? view.GetManyAsync(keys, cancellationToken)
            : _keyspace.GetManyAsync(keys, cancellationToken);

    internal KeyScan Scan(ScanRange range) =>
        _view is { } view ? view.Scan(range) : _keyspace.Scan(range);

    /// <summary>The version of a key without reading its value; 0 where it is absent.</summary>
    internal long VersionOf(ReadOnlySpan<byte> key)
    {
        ValueInfo info;
        _ = _view is { } view
            ? view.TryGetInfo(key, out info)
            : _keyspace.TryGetInfo(key, out info);
        return info.Version;
    }
}
