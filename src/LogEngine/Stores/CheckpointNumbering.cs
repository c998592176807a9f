using System.Buffers;

namespace LogEngine.Stores;

/// <summary>
/// Which numbers a name has used: those of its checkpoints, readable or not, and those that a clear
/// has removed.
/// </summary>
/// <param name="Highest">The highest number that was ever used and can be seen; 0 for none.</param>
/// <param name="FloorVersion">Version of the floor that it was found by; 0 where there is none.</param>
internal readonly record struct CheckpointNumbering(long Highest, long FloorVersion)
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

        long highest = NamedKeys.Highest(keyspace, keys.Prefix) ?? 0;
        return new CheckpointNumbering(Math.Max(floor, highest), info.Version);
    }

    /// <summary>The batch is written only if no clear has used up numbers since.</summary>
    internal void Require(WriteBatch batch, Keyspace keyspace, CheckpointKeys keys) =>
        batch.RequireVersion(keyspace, keys.Floor, FloorVersion);
}
