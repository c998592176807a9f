using System.Buffers.Binary;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace LogEngine.Orleans;

/// <summary>
/// Reminders in a keyspace of an engine, in the order of their grains' hashes: what a silo of a ring is responsible for
/// is one range of keys, or two. Registering does not look at the ETag, removing does.
/// </summary>
internal sealed class LogEngineReminderTable(
    IServiceProvider services,
    IOptions<LogEngineReminderTableOptions> options,
    IOptions<ClusterOptions> cluster) : IReminderTable
{
    private readonly Durability? _durability = options.Value.Durability;

    /// <summary>Null before the silo has started it.</summary>
    private Keyspace? _opened;

    private Keyspace Rows => _opened ?? throw new InvalidOperationException(
        "Reminders are used before the silo has started their table.");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _opened = Engines.KeyspaceOf(
            services, options.Value.Engine, _durability, "reminders", cluster.Value, "The reminder table");
        return Task.CompletedTask;
    }

    /// <summary>The engine is closed by whoever has opened it.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<ReminderTableData> ReadRows(GrainId grainId) => ReadRows(grainId, CancellationToken.None);

    public async Task<ReminderTableData> ReadRows(GrainId grainId, CancellationToken cancellationToken)
    {
        List<ReminderEntry> found = [];
        await ReadAsync(found, ScanRange.Prefix(HashOf(grainId)), cancellationToken).ConfigureAwait(false);

        // Grains with the same hash are few.
        return new ReminderTableData(found.Where(entry => entry.GrainId == grainId));
    }

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => ReadRows(begin, end, CancellationToken.None);

    /// <summary>
    /// Those behind <paramref name="begin"/> up to <paramref name="end"/>; where that is not larger, those behind the
    /// one and those up to the other, as on a ring.
    /// </summary>
    public async Task<ReminderTableData> ReadRows(uint begin, uint end, CancellationToken cancellationToken)
    {
        List<ReminderEntry> found = [];
        if (begin < end)
        {
            await ReadAsync(found, new ScanRange(Behind(begin), Behind(end)), cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            await ReadAsync(found, new ScanRange(default, Behind(end)), cancellationToken).ConfigureAwait(false);
            if (begin < uint.MaxValue)
            {
                await ReadAsync(found, new ScanRange(Behind(begin)), cancellationToken).ConfigureAwait(false);
            }
        }

        return new ReminderTableData(found);
    }

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) =>
        ReadRow(grainId, reminderName, CancellationToken.None);

    public async Task<ReminderEntry?> ReadRow(
        GrainId grainId, string reminderName, CancellationToken cancellationToken)
    {
        byte[] key = KeyOf(grainId, reminderName);
        using StoredValue? row = await Rows.GetAsync(key, cancellationToken).ConfigureAwait(false);
        return row is null ? null : ReminderRow.Decode(key, row.Memory.Span, row.Version);
    }

    public Task<string?> UpsertRow(ReminderEntry entry) => UpsertRow(entry, CancellationToken.None);

    public async Task<string?> UpsertRow(ReminderEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return ETags.Of(await Rows.PutAsync(
            KeyOf(entry.GrainId, entry.ReminderName),
            ReminderRow.Encode(entry),
            _durability,
            cancellationToken: cancellationToken).ConfigureAwait(false));
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) =>
        RemoveRow(grainId, reminderName, eTag, CancellationToken.None);

    public async Task<bool> RemoveRow(
        GrainId grainId, string reminderName, string eTag, CancellationToken cancellationToken) =>
        ETags.TryParse(eTag, out long version) && version > 0
            && (await Rows.TryDeleteAsync(
                KeyOf(grainId, reminderName), version, _durability, cancellationToken)
                .ConfigureAwait(false)).Applied;

    public Task TestOnlyClearTable() => TestOnlyClearTable(CancellationToken.None);

    public async Task TestOnlyClearTable(CancellationToken cancellationToken) =>
        await Rows.DeleteRangeAsync(default, default, _durability, cancellationToken).ConfigureAwait(false);

    private async Task ReadAsync(
        List<ReminderEntry> into, ScanRange range, CancellationToken cancellationToken)
    {
        KeyScan scan = Rows.Scan(range);
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                into.Add(ReminderRow.Decode(scan.Key, scan.Value, scan.Info.Version));
            }
        }
    }

    private static byte[] KeyOf(GrainId grainId, string reminderName)
    {
        KeyWriter key = new();
        key.Add(grainId.Type.AsSpan());
        key.Add(grainId.Key.AsSpan());
        key.AddLast(reminderName, "The reminder's name");
        return key.ToKey(HashOf(grainId));
    }

    private static byte[] HashOf(GrainId grainId) => Bytes(grainId.GetUniformHashCode());

    /// <summary>The first key of the hashes above one; empty, the end of all keys, above the highest.</summary>
    private static byte[] Behind(uint hash) => hash == uint.MaxValue ? [] : Bytes(hash + 1);

    private static byte[] Bytes(uint hash)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, hash);
        return bytes;
    }
}
