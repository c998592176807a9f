namespace LogEngine.Stores.Migration;

/// <summary>Compares a keyspace of a view of the source with the same of a view of the target.</summary>
internal static class KeyspaceCheck
{
    /// <summary>
    /// What ends so soon may be there on one side and not on the other: the clocks of two engines differ, and
    /// reading takes time.
    /// </summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromMinutes(1);

    /// <exception cref="MigrationMismatchException">They are not the same.</exception>
    internal static async Task<MigrationCheck> RunAsync(
        KeyspaceReader from,
        KeyspaceReader into,
        TimeProvider clock,
        MigrationMeter meter,
        CancellationToken cancellationToken)
    {
        EntrySum sum = new();
        SideBySide both = new(from, into, keysOnly: false);
        await using (both.ConfigureAwait(false))
        {
            while (await both.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                if (both.Side != 0)
                {
                    ValueInfo info = both.InSource ? both.SourceInfo : both.TargetInfo;
                    if (info.ExpiresAt is not { } at || at > clock.GetUtcNow() + s_soon)
                    {
                        throw new MigrationMismatchException(
                            from.Name,
                            both.Key.ToArray(),
                            both.InSource ? "the key is missing" : "the source has no such key");
                    }

                    continue;
                }

                if (!both.SourceValue.SequenceEqual(both.TargetValue)
                    || both.SourceInfo.ExpiresAt != both.TargetInfo.ExpiresAt)
                {
                    throw new MigrationMismatchException(
                        from.Name, both.Key.ToArray(), "value or expiry is another one");
                }

                sum.Add(both.Key, both.SourceValue, both.SourceInfo.ExpiresAt);
                meter.AddCompared(from.Name, both.Key.Length + both.SourceValue.Length);
            }
        }

        meter.TellCompared(from.Name);
        return new MigrationCheck(from.Name, IsQueue: false, sum.Count, sum.Text);
    }
}
