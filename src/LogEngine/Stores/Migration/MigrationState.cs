using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Stores.Migration;

/// <summary>
/// What a target remembers of a migration until it is finished, in the keyspace
/// <c>logengine/migration</c>: under <c>source</c> the store it comes from, 16 bytes or none; under <c>t</c>
/// and the name of a keyspace the version, 8 bytes big-endian, up to which that one has been copied.
/// </summary>
/// <remarks>
/// A keyspace is copied in the order of the source's versions, and the version stands in the batch that
/// writes the keys: so after a crash everything up to it is there. It says something about a later view of
/// the same source only where later commits have higher versions.
/// </remarks>
internal sealed class MigrationState
{
    internal const string KeyspaceName = "logengine/migration";

    private readonly StorageEngine _target;
    private readonly Dictionary<string, long> _through = new(StringComparer.Ordinal);

    private MigrationState(StorageEngine target)
    {
        _target = target;
        Keyspace = target.GetStoreKeyspace(KeyspaceName);
    }

    internal Keyspace Keyspace { get; }

    private static byte[] SourceKey => "source"u8.ToArray();

    /// <summary>Begins a migration, or goes on with one.</summary>
    /// <exception cref="MigrationRefusedException">It cannot be.</exception>
    internal static async ValueTask<MigrationState> EnterAsync(
        StorageEngine source,
        StorageEngine target,
        bool resume,
        bool targetIsEmpty,
        CancellationToken cancellationToken)
    {
        MigrationState state = new(target);
        using (StoredValue? begun = await state.Keyspace.GetAsync(SourceKey, cancellationToken)
            .ConfigureAwait(false))
        {
            if (begun is not null)
            {
                return !resume ? throw new MigrationRefusedException(MigrationObstacle.TargetUnfinished)
                    : begun.Memory.Length == 16 && source.StoreId is { } id
                        && new Guid(begun.Memory.Span) != id
                    ? throw new MigrationRefusedException(MigrationObstacle.OtherSource)
                    : await state.LoadAsync(
                        trusted: begun.Memory.Length == 16 && source.StoreId is not null
                            && source.Capabilities.VersionsFollowCommits,
                        cancellationToken).ConfigureAwait(false);
            }
        }

        if (!targetIsEmpty)
        {
            throw new MigrationRefusedException(MigrationObstacle.TargetNotEmpty);
        }

        await state.Keyspace.PutAsync(
            SourceKey,
            source.StoreId?.ToByteArray() ?? [],
            cancellationToken: cancellationToken).ConfigureAwait(false);
        return state;
    }

    /// <summary>
    /// Up to which version of the source a keyspace is known to be in the target; 0 where nothing is known.
    /// </summary>
    internal long ThroughOf(string keyspace) => _through.GetValueOrDefault(keyspace);

    /// <summary>Adds to a batch that with it a keyspace has been copied so far.</summary>
    internal void Note(WriteBatch batch, string keyspace, long version)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, version);
        batch.Put(Keyspace, KeyOf(keyspace), bytes);
    }

    /// <summary>Forgets what is known: the next one compares every value.</summary>
    internal ValueTask<long> DistrustAsync() => Keyspace.DeleteRangeAsync("t"u8.ToArray(), "u"u8.ToArray());

    /// <summary>The target is complete, and durable; it is an ordinary store from now on.</summary>
    internal async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        await _target.DropKeyspaceAsync(KeyspaceName, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        await _target.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static byte[] KeyOf(string keyspace) => Encoding.UTF8.GetBytes("t" + keyspace);

    private async ValueTask<MigrationState> LoadAsync(bool trusted, CancellationToken cancellationToken)
    {
        using KeyScan scan = Keyspace.Scan(ScanRange.Prefix("t"));
        while (trusted && await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            _through[Encoding.UTF8.GetString(scan.Key[1..])] =
                BinaryPrimitives.ReadInt64BigEndian(scan.Value);
        }

        return this;
    }
}
