namespace LogEngine.Stores;

/// <summary>
/// Which numbers a name has used: those of its checkpoints, readable or not, and those that a clear
/// has removed. A moment's picture, taken from the index.
/// </summary>
internal sealed class CheckpointNumbering
{
    /// <summary>
    /// Numbers that are looked at behind those that stay; there are more only where far fewer are kept now.
    /// </summary>
    private const int MaxNumbers = 64;

    private readonly Keyspace _keyspace;
    private readonly CheckpointKeys _keys;
    private readonly long _floorVersion;

    /// <summary>Version of the highest checkpoint; 0 where there is none.</summary>
    private readonly long _highestVersion;

    /// <summary>The numbers that are there, the highest first: all, or so many as were looked at.</summary>
    private readonly List<long> _numbers;

    private readonly bool _areAll;

    /// <summary>
    /// Looks. The floor first: a clear between the two looks raises it, and the condition on its
    /// version then refuses what was decided on the old one.
    /// </summary>
    private CheckpointNumbering(
        Keyspace keyspace,
        CheckpointKeys keys,
        (long Highest, long Version) floor,
        List<long> numbers,
        bool areAll,
        long highestVersion)
    {
        _keyspace = keyspace;
        _keys = keys;
        _floorVersion = floor.Version;
        _numbers = numbers;
        _areAll = areAll;
        _highestVersion = highestVersion;
        Highest = numbers.Count > 0 ? numbers[0] : floor.Highest;
    }

    /// <summary>The highest number that was ever used; 0 for none.</summary>
    internal long Highest { get; }

    /// <summary>Whether the name has checkpoints.</summary>
    internal bool HasCheckpoints => _numbers.Count > 0;

    /// <summary>Looks at what is there.</summary>
    /// <param name="keyspace">The store's keyspace.</param>
    /// <param name="keys">The name's keys.</param>
    /// <param name="keep">How many a rotation is to leave; 0 where there is none.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal static async ValueTask<CheckpointNumbering> ReadAsync(
        Keyspace keyspace, CheckpointKeys keys, int keep, CancellationToken cancellationToken)
    {
        (long Highest, long Version) floor = default;
        using (StoredValue? value = await keyspace.GetAsync(keys.Floor, cancellationToken)
            .ConfigureAwait(false))
        {
            if (value is not null)
            {
                floor = (keys.DecodeFloor(value.Memory.Span), value.Version);
            }
        }

        List<long> numbers = [];
        long highestVersion = 0;
        long look = MaxNumbers;
        KeyScan scan = keyspace.Scan(keys.All with { Reverse = true, KeysOnly = true });
        await using (scan.ConfigureAwait(false))
        {
            while (numbers.Count < look
                && await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                long number = NamedKey.NumberOf(scan.Key);
                if (numbers.Count == 0)
                {
                    highestVersion = scan.Info.Version;

                    // There are not more of them than the highest number says.
                    look = number > keep ? (long)keep + MaxNumbers : MaxNumbers;
                }

                numbers.Add(number);
            }
        }

        return new CheckpointNumbering(
            keyspace, keys, floor, numbers, numbers.Count < look, highestVersion);
    }

    /// <summary>The batch is written only if no clear has used up numbers since.</summary>
    internal void RequireNoClear(WriteBatch batch) =>
        batch.RequireVersion(_keyspace, _keys.Floor, _floorVersion);

    /// <summary>
    /// The batch is written only if the highest checkpoint is still there. Rotation takes the
    /// oldest first, so as long as it is there, no number above it was used and rotated out again.
    /// </summary>
    /// <remarks>Where there is none, <see cref="RequireNoClear"/> and <see cref="MarkFirst"/> do the same.</remarks>
    internal void RequireHighest(WriteBatch batch)
    {
        if (_highestVersion != 0)
        {
            batch.RequireVersion(_keyspace, _keys.At(Highest), _highestVersion);
        }
    }

    /// <summary>
    /// Where the name has no checkpoint, the save that makes one writes the floor anew, as it was: whoever
    /// also saw none is then refused, also where the first ones have been rotated out by then.
    /// </summary>
    internal void MarkFirst(WriteBatch batch)
    {
        if (!HasCheckpoints)
        {
            batch.Put(_keyspace, _keys.Floor, CheckpointKeys.EncodeFloor(Highest));
        }
    }

    /// <summary>Adds the removal of all but the newest few.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keep">How many of those that are there stay.</param>
    /// <param name="firstUnsettled">
    /// Nothing from this number on is removed: a save on its way may still ask for it.
    /// </param>
    /// <returns>Whether there is anything to remove.</returns>
    internal bool Rotate(WriteBatch batch, int keep, long firstUnsettled)
    {
        int surplus = keep;
        while (surplus < _numbers.Count && _numbers[surplus] >= firstUnsettled)
        {
            surplus++;
        }

        if (surplus >= _numbers.Count)
        {
            return false;
        }

        byte[] highest = _keys.At(_numbers[surplus]);
        if (surplus == _numbers.Count - 1 && _areAll)
        {
            // What nearly every save does: one pushes out one.
            batch.Delete(_keyspace, highest);
        }
        else
        {
            batch.DeleteRange(_keyspace, _keys.Prefix, [.. highest, 0]);
        }

        return true;
    }
}
