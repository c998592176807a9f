using System.Diagnostics.CodeAnalysis;
using OpenTelemetry.PersistentStorage.Abstractions;

namespace LogEngine.OpenTelemetry;

/// <summary>
/// Persistent storage for what an exporter could not send, in an engine: blobs with leases, a limit of their bytes and
/// one of their age.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe. As everywhere in these abstractions nothing throws: what fails returns false, and the event source
/// <c>OpenTelemetry-PersistentStorage-Abstractions</c> says why. Calls block the calling thread until the write is as
/// durable as the options say.
/// </para>
/// <para>
/// <see cref="PersistentBlobProvider.GetBlobs"/> and <see cref="PersistentBlobProvider.TryGetBlob"/> give blobs that
/// nobody has leased, the newest first. A blob that was leased belongs to that object until the lease ends or the blob
/// is deleted; others cannot read, lease, write or delete it. One whose lease has ended is there again for everybody,
/// in this process and after a restart, and the object that had it can go on with it while nobody else has it leased.
/// A blob is 64 MiB at most.
/// </para>
/// </remarks>
public sealed class LogEngineBlobProvider : PersistentBlobProvider
{
    /// <summary>Blobs that are looked at by one look.</summary>
    private const int AtOnce = 64;

    private readonly BlobRoom _room;
    private readonly TimeSpan _retention;

    /// <summary>Uses a store of an engine.</summary>
    /// <param name="engine">The engine. It belongs to the caller, who closes it after the last use.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="UnsupportedDurabilityException">The engine cannot give the durability.</exception>
    public LogEngineBlobProvider(StorageEngine engine, LogEngineBlobProviderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        options ??= new LogEngineBlobProviderOptions();
        options.Validate();
        Engine = engine;
        Durability = engine.LevelOf(options.Durability);
        Keyspace = engine.GetStoreKeyspace($"logengine/opentelemetry/{options.Store}");
        _retention = options.RetentionPeriod;
        _room = new BlobRoom(Keyspace, options.MaxSizeBytes);
    }

    internal StorageEngine Engine { get; }

    internal Keyspace Keyspace { get; }

    internal Durability Durability { get; }

    /// <summary>Bytes of all blobs that are stored, leased ones too, counted now.</summary>
    /// <exception cref="StorageIOException">They cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public long CountBytes() => _room.Count();

    /// <summary>From when a blob is absent.</summary>
    internal DateTimeOffset ExpiryOf(BlobKey key) =>
        new DateTimeOffset(key.CreatedTicks, TimeSpan.Zero) + _retention;

    internal bool TryTakeRoom(int length) => _room.TryTake(length);

    internal void ReturnRoom(int length) => _room.Return(length);

    /// <inheritdoc/>
    protected override IEnumerable<PersistentBlob> OnGetBlobs() => [.. Unleased()];

    /// <inheritdoc/>
    protected override bool OnTryGetBlob([NotNullWhen(true)] out PersistentBlob? blob)
    {
        blob = Unleased().FirstOrDefault();
        return blob is not null;
    }

    /// <inheritdoc/>
    protected override bool OnTryCreateBlob(byte[] buffer, [NotNullWhen(true)] out PersistentBlob? blob) =>
        OnTryCreateBlob(buffer, 0, out blob);

    /// <inheritdoc/>
    protected override bool OnTryCreateBlob(
        byte[] buffer, int leasePeriodMilliseconds, [NotNullWhen(true)] out PersistentBlob? blob)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return OnTryCreateBlob(buffer.AsSpan(), leasePeriodMilliseconds, out blob);
    }

    /// <inheritdoc/>
    protected override bool OnTryCreateBlob(
        ReadOnlySpan<byte> buffer, [NotNullWhen(true)] out PersistentBlob? blob) =>
        OnTryCreateBlob(buffer, 0, out blob);

    /// <inheritdoc/>
    protected override bool OnTryCreateBlob(
        ReadOnlySpan<byte> buffer, int leasePeriodMilliseconds, [NotNullWhen(true)] out PersistentBlob? blob)
    {
        blob = null;
        if (!_room.TryTake(buffer.Length))
        {
            return false;
        }

        try
        {
            BlobKey key = new(Engine.TimeProvider.GetUtcNow().UtcTicks, Engine.NextRandom(), buffer.Length);
            LogEngineBlob made = new(this, key, version: 0);
            blob = made.TryWriteFirst(buffer, leasePeriodMilliseconds) ? made : null;
            return blob is not null;
        }
        finally
        {
            if (blob is null)
            {
                _room.Return(buffer.Length);
            }
        }
    }

    /// <summary>The newest first, each step as of one moment.</summary>
    private IEnumerable<LogEngineBlob> Unleased()
    {
        byte[] below = [2];
        while (true)
        {
            List<(BlobKey Key, long Version)> page = [];
            ScanRange range = new(BlobKey.Blobs, below, Reverse: true, KeysOnly: true) { Limit = AtOnce };
            using (KeyScan scan = Keyspace.Scan(range))
            {
                while (Waiting.For(scan.MoveNextAsync()))
                {
                    page.Add((BlobKey.Parse(scan.Key), scan.Info.Version));
                }
            }

            StoredValue?[] leases = Waiting.For(Keyspace.GetManyAsync(
                [.. page.Select(blob => (ReadOnlyMemory<byte>)blob.Key.Lease())]));
            for (int i = 0; i < leases.Length; i++)
            {
                if (leases[i] is { } lease)
                {
                    lease.Dispose();
                    continue;
                }

                yield return new LogEngineBlob(this, page[i].Key, page[i].Version);
            }

            if (page.Count < AtOnce)
            {
                yield break;
            }

            below = page[^1].Key.Blob();
        }
    }
}
