using System.Buffers;

namespace LogEngine.Stores;

/// <summary>
/// Which numbers a name has used: those of its checkpoints, readable or not, and those that a clear
/// has removed.
/// </summary>
/// <param name="Highest">The highest number that was ever used and can be seen; 0 for none.</param>
/// <param name="HighestVersion">Version of its checkpoint; 0 where a clear has removed it.</param>
/// <param name="FloorVersion">Version of the floor that was read; 0 where there is none.</param>
internal readonly record struct CheckpointNumbering(
    long Highest, long HighestVersion, long FloorVersion)
{
    /// <summary>
    /// Looks. The floor first: a clear between the two looks raises it, and the condition on its
    /// version then refuses what was decided on the old one.
    /// </summary>
    internal static CheckpointNumbering Of(Keyspace keyspace, CheckpointKeys keys)
    {
        long floor = 0;
        ArrayBufferWriter<byte> value = new();
        if (keyspace.TryGet(keys.Floor, value, out ValueInfo info))
        {
            floor = keys.DecodeFloor(value.WrittenSpan);
        }

        using KeyScan scan = keyspace.Scan(keys.All with { Reverse = true, KeysOnly = true });
        return scan.MoveNext()
            ? new CheckpointNumbering(
                NamedKey.NumberOf(scan.Key), scan.Info.Version, info.Version)
            : new CheckpointNumbering(floor, 0, info.Version);
    }

    /// <summary>The batch is written only if no clear has used up numbers since.</summary>
    internal void Require(WriteBatch batch, Keyspace keyspace, CheckpointKeys keys) =>
        batch.RequireVersion(keyspace, keys.Floor, FloorVersion);

    /// <summary>
    /// The batch is written only if the highest checkpoint is still there. Rotation takes the oldest
    /// first, so as long as it is there, no number above it was used and rotated out again.
    /// </summary>
    internal void RequireHighest(WriteBatch batch, Keyspace keyspace, CheckpointKeys keys)
    {
        if (HighestVersion != 0)
        {
            batch.RequireVersion(keyspace, keys.At(Highest), HighestVersion);
        }
    }
}
