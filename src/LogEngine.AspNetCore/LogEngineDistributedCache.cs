using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;

namespace LogEngine.AspNetCore;

/// <summary>
/// The framework's distributed cache in a keyspace: a row for each entry, by <see cref="CacheKey"/>, with a
/// <see cref="CacheEntry"/> before its content, and the engine's own expiry.
/// </summary>
/// <remarks>
/// Thread-safe. A row that is none of the cache, or is damaged, is a miss, which is logged: whoever misses it makes
/// the entry anew, and overwrites it. What cannot be read for another reason is the engine's exception.
/// </remarks>
internal sealed class LogEngineDistributedCache(
    StorageEngine engine, LogEngineDistributedCacheOptions options, ILogger logger) : IBufferDistributedCache
{
    private readonly Keyspace _rows = engine.GetKeyspace(options.Keyspace);
    private readonly Durability _durability = options.Durability;

    private DateTimeOffset Now => engine.TimeProvider.GetUtcNow();

    public byte[]? Get(string key)
    {
        byte[] row = CacheKey.Of(key);
        using StoredValue? stored = Read(row);
        if (stored is null || !TryOpen(row, stored, out CacheEntry entry))
        {
            return null;
        }

        RenewOrTell(row, stored, entry);

        return Content(stored).ToArray();
    }

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        byte[] row = CacheKey.Of(key);
        using StoredValue? stored = await ReadAsync(row, token).ConfigureAwait(false);
        if (stored is null || !TryOpen(row, stored, out CacheEntry entry))
        {
            return null;
        }

        await RenewOrTellAsync(row, stored, entry, token).ConfigureAwait(false);

        return Content(stored).ToArray();
    }

    public bool TryGet(string key, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        byte[] row = CacheKey.Of(key);
        using StoredValue? stored = Read(row);
        if (stored is null || !TryOpen(row, stored, out CacheEntry entry))
        {
            return false;
        }

        RenewOrTell(row, stored, entry);

        destination.Write(Content(stored).Span);
        return true;
    }

    public async ValueTask<bool> TryGetAsync(
        string key, IBufferWriter<byte> destination, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        byte[] row = CacheKey.Of(key);
        using StoredValue? stored = await ReadAsync(row, token).ConfigureAwait(false);
        if (stored is null || !TryOpen(row, stored, out CacheEntry entry))
        {
            return false;
        }

        await RenewOrTellAsync(row, stored, entry, token).ConfigureAwait(false);

        destination.Write(Content(stored).Span);
        return true;
    }

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        ArgumentNullException.ThrowIfNull(value);
        Set(key, new ReadOnlySequence<byte>(value), options);
    }

    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options)
    {
        byte[] row = CacheKey.Of(key);
        DateTimeOffset now = Now;
        CacheEntry entry = CacheEntry.Of(options, now);
        RowBuffer buffer = Pack(entry, value);
        _rows.Put(row, buffer.Memory.Span, _durability, entry.ExpiresAt(now));
        buffer.Return();
    }

    public Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        return SetAsync(key, new ReadOnlySequence<byte>(value), options, token).AsTask();
    }

    public async ValueTask SetAsync(
        string key,
        ReadOnlySequence<byte> value,
        DistributedCacheEntryOptions options,
        CancellationToken token = default)
    {
        byte[] row = CacheKey.Of(key);
        DateTimeOffset now = Now;
        CacheEntry entry = CacheEntry.Of(options, now);
        RowBuffer buffer = Pack(entry, value);
        await _rows.PutAsync(row, buffer.Memory, _durability, entry.ExpiresAt(now), token)
            .ConfigureAwait(false);
        buffer.Return();
    }

    public void Refresh(string key)
    {
        byte[] row = CacheKey.Of(key);
        using StoredValue? stored = Read(row);
        if (stored is not null && TryOpen(row, stored, out CacheEntry entry))
        {
            RenewAsync(row, stored, entry, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
    }

    public async Task RefreshAsync(string key, CancellationToken token = default)
    {
        byte[] row = CacheKey.Of(key);
        using StoredValue? stored = await ReadAsync(row, token).ConfigureAwait(false);
        if (stored is not null && TryOpen(row, stored, out CacheEntry entry))
        {
            await RenewAsync(row, stored, entry, token).ConfigureAwait(false);
        }
    }

    public void Remove(string key) => _rows.Delete(CacheKey.Of(key), _durability);

    public async Task RemoveAsync(string key, CancellationToken token = default) =>
        await _rows.DeleteAsync(CacheKey.Of(key), _durability, token).ConfigureAwait(false);

    private static ReadOnlyMemory<byte> Content(StoredValue stored) => stored.Memory[CacheEntry.HeaderBytes..];

    private static RowBuffer Pack(in CacheEntry entry, in ReadOnlySequence<byte> value)
    {
        RowBuffer buffer = RowBuffer.Rent(CacheEntry.HeaderBytes, value);
        entry.Write(buffer.Header);
        return buffer;
    }

    private StoredValue? Read(byte[] row)
    {
        try
        {
            return _rows.Get(row);
        }
        catch (CorruptionException damage)
        {
            Log.DamagedRow(logger, _rows.Name, Convert.ToHexString(row), damage);
            return null;
        }
    }

    private async ValueTask<StoredValue?> ReadAsync(byte[] row, CancellationToken token)
    {
        try
        {
            return await _rows.GetAsync(row, token).ConfigureAwait(false);
        }
        catch (CorruptionException damage)
        {
            Log.DamagedRow(logger, _rows.Name, Convert.ToHexString(row), damage);
            return null;
        }
    }

    private bool TryOpen(byte[] row, StoredValue stored, out CacheEntry entry)
    {
        bool ours = CacheEntry.TryRead(stored.Memory.Span, out entry);
        if (!ours)
        {
            Log.ForeignRow(logger, _rows.Name, Convert.ToHexString(row));
        }

        return ours;
    }

    /// <summary>
    /// Moves the expiry of an entry that was read, where it is time to. It is for the value that was read only: another
    /// one, written since, has a window and a deadline of its own.
    /// </summary>
    private async ValueTask RenewAsync(
        byte[] row, StoredValue stored, CacheEntry entry, CancellationToken token)
    {
        if (entry.Renewed(stored.ExpiresAt, Now) is { } until)
        {
            WriteBatch renewal = engine.CreateBatch();
            renewal.RequireVersion(_rows, row, stored.Version);
            renewal.Touch(_rows, row, until);
            await engine.TryCommitAsync(renewal, Durability.ProcessCrash, token).ConfigureAwait(false);
        }
    }

    /// <summary>What was read is there, whether or not its expiry can be moved.</summary>
    private async ValueTask RenewOrTellAsync(
        byte[] row, StoredValue stored, CacheEntry entry, CancellationToken token)
    {
        try
        {
            await RenewAsync(row, stored, entry, token).ConfigureAwait(false);
        }
        catch (LogEngineException error)
        {
            Log.NotRenewed(logger, _rows.Name, error);
        }
    }

    private void RenewOrTell(byte[] row, StoredValue stored, CacheEntry entry) =>
        RenewOrTellAsync(row, stored, entry, CancellationToken.None).AsTask().GetAwaiter().GetResult();
}
