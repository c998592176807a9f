using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Logging;

namespace LogEngine.AspNetCore;

/// <summary>
/// The framework's output cache in a keyspace: a row for each response, and an index row for each of its tags
/// (<see cref="OutputCacheRow"/>).
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe. A response and the index rows of its tags are one batch with one expiry, so whatever can be read can
/// be found by each of its tags. The reverse need not hold: what a response was tagged with before it was written anew
/// stays in the index until it expires, and evicting by it removes the response, which is then made once more.
/// </para>
/// <para>A row that is none of the cache, or is damaged, is a miss, which is logged.</para>
/// </remarks>
internal sealed class LogEngineOutputCacheStore(
    StorageEngine engine, LogEngineOutputCacheOptions options, ILogger logger) : IOutputCacheBufferStore
{
    /// <summary>Responses that are evicted by one commit.</summary>
    private const int EvictedTogether = 500;

    private readonly Keyspace _rows = engine.GetKeyspace(options.Keyspace);
    private readonly Durability _durability = options.Durability;

    public async ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken)
    {
        byte[] row = OutputCacheRow.OfResponse(key);
        using StoredValue? stored = await ReadAsync(row, cancellationToken).ConfigureAwait(false);
        return stored is null ? null : OutputCacheRow.Content(stored.Memory).ToArray();
    }

    public async ValueTask<bool> TryGetAsync(
        string key, PipeWriter destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        byte[] row = OutputCacheRow.OfResponse(key);
        using StoredValue? stored = await ReadAsync(row, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            return false;
        }

        await destination.WriteAsync(OutputCacheRow.Content(stored.Memory), cancellationToken)
            .ConfigureAwait(false);
        return true;
    }

    public ValueTask SetAsync(
        string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(value);
        return SetAsync(key, new ReadOnlySequence<byte>(value), tags, validFor, cancellationToken);
    }

    public async ValueTask SetAsync(
        string key,
        ReadOnlySequence<byte> value,
        ReadOnlyMemory<string> tags,
        TimeSpan validFor,
        CancellationToken cancellationToken = default)
    {
        byte[] row = OutputCacheRow.OfResponse(key);
        WriteBatch batch = engine.CreateBatch();
        DateTimeOffset? expiresAt = Expiry.After(engine.TimeProvider.GetUtcNow(), validFor);
        RowBuffer buffer = OutputCacheRow.Pack(value);
        batch.Put(_rows, row, buffer.Memory.Span, expiresAt);
        buffer.Return();
        foreach (string tag in tags.Span)
        {
            batch.Put(_rows, OutputCacheRow.OfTag(tag, row), [], expiresAt);
        }

        await engine.CommitAsync(batch, _durability, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes what has a tag at this moment. What is written with it beside the eviction counts as later, and what
    /// replaces such a response beside it may be removed with it.
    /// </summary>
    public async ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken)
    {
        // Keys only: the index rows say all there, and a damaged one does not stop an eviction.
        ScanRange range = ScanRange.Prefix(OutputCacheRow.TagPrefix(tag)) with { KeysOnly = true };
        KeyScan scan = _rows.Scan(range);
        await using (scan.ConfigureAwait(false))
        {
            WriteBatch batch = engine.CreateBatch();
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                if (!OutputCacheRow.TryGetTagged(scan.Key, out byte[] response))
                {
                    Log.ForeignRow(logger, _rows.Name, Convert.ToHexString(scan.Key));
                    continue;
                }

                // Row by row, never as a range: an index row that is written meanwhile must stay, with its response.
                batch.Delete(_rows, response);
                batch.Delete(_rows, scan.Key);
                if (batch.Count >= 2 * EvictedTogether)
                {
                    await engine.CommitAsync(batch, _durability, cancellationToken).ConfigureAwait(false);
                    batch = engine.CreateBatch();
                }
            }

            if (batch.Count > 0)
            {
                await engine.CommitAsync(batch, _durability, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A row of a response; null where there is none.</summary>
    private async ValueTask<StoredValue?> ReadAsync(byte[] row, CancellationToken cancellationToken)
    {
        StoredValue? stored;
        try
        {
            stored = await _rows.GetAsync(row, cancellationToken).ConfigureAwait(false);
        }
        catch (CorruptionException damage)
        {
            Log.DamagedRow(logger, _rows.Name, Convert.ToHexString(row), damage);
            return null;
        }

        if (stored is null || OutputCacheRow.IsResponse(stored.Memory.Span))
        {
            return stored;
        }

        stored.Dispose();
        Log.ForeignRow(logger, _rows.Name, Convert.ToHexString(row));
        return null;
    }
}
