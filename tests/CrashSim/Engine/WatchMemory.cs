using System.Collections.Immutable;
using LogEngine.Testing.Model;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// What somebody who watches a keyspace has kept of it, with the position to go on from: stored somewhere else,
/// so that no crash of the engine takes it. Immutable.
/// </summary>
/// <param name="Keyspace">The keyspace.</param>
/// <param name="Position">Behind which to go on; null for nothing kept: it begins with the state.</param>
/// <param name="Since">The moment of the state that it began with.</param>
/// <param name="Values">All changes, folded over that state.</param>
/// <param name="Told">Every change since then, the last one first.</param>
internal sealed record WatchMemory(
    string Keyspace,
    WatchPosition? Position,
    long Since,
    ImmutableSortedDictionary<byte[], FoldedValue> Values,
    ImmutableStack<ToldChange> Told)
{
    internal static WatchMemory Empty(string keyspace) => new(
        keyspace,
        null,
        0,
        ImmutableSortedDictionary.Create<byte[], FoldedValue>(KeyOrder.Instance),
        []);

    /// <summary>The same with one more change.</summary>
    internal WatchMemory With(KeyChange change)
    {
        byte[] key = change.Key.ToArray();
        ulong? hash = change.Value is { } value ? JournalEra.HashOf(value.Span) : null;
        FoldedValue folded = new(hash, change.Version, change.ExpiresAt?.UtcTicks ?? 0);
        return this with
        {
            Position = change.Position,
            Since = change.Kind == KeyChangeKind.State ? change.Position.Commit : Since,
            Told = change.Kind is KeyChangeKind.State or KeyChangeKind.Progress
                ? Told
                : Told.Push(new ToldChange(
                    change.Kind, change.Position.Commit, change.Version, key, hash)),
            Values = change.Kind switch
            {
                KeyChangeKind.Put or KeyChangeKind.State => Values.SetItem(key, folded),
                KeyChangeKind.Delete => Values.Remove(key),
                KeyChangeKind.DeleteRange => Values.RemoveRange(Values.Keys.Where(
                    k => KeyOrder.Instance.Compare(k, key) >= 0
                        && (change.To.IsEmpty || change.To.Span.SequenceCompareTo(k) > 0))),
                KeyChangeKind.Drop => Values.Clear(),
                KeyChangeKind.Touch when Values.TryGetValue(key, out FoldedValue there)
                    && there.Version == change.Version =>
                    Values.SetItem(key, there with { ExpiresTicks = folded.ExpiresTicks }),
                _ => Values,
            },
        };
    }

    /// <summary>
    /// What is wrong with it, of somebody who has read up to where an engine stands; null where nothing is.
    /// </summary>
    /// <param name="state">What the engine shows.</param>
    /// <param name="recovered">
    /// What it was recovered up to; behind that it has written by itself, with sequences of its own.
    /// </param>
    /// <param name="written">Everything of the keyspace that callers know to be written, by its sequence.</param>
    /// <param name="submitted">What the values hash to that anybody ever gave the engine.</param>
    internal string? Violation(
        EngineState state,
        long recovered,
        IReadOnlyDictionary<long, ModelOperation> written,
        IReadOnlySet<ulong> submitted) =>
        Difference(state) ?? Disorder(submitted) ?? Missing(recovered, written);

    private string? Difference(EngineState state)
    {
        FoundValue[] found = [.. state.Values.Where(v => v.Keyspace == Keyspace)];
        KeyValuePair<byte[], FoldedValue>[] folded =
            [.. Values.Where(v => v.Value.ExpiresTicks == 0 || v.Value.ExpiresTicks > state.Ticks)];
        for (int i = 0; i < Math.Min(found.Length, folded.Length); i++)
        {
            (byte[] key, FoldedValue value) = folded[i];
            if (!key.AsSpan().SequenceEqual(found[i].Key)
                || value != new FoldedValue(found[i].Hash, found[i].Version, found[i].ExpiresTicks))
            {
                return $"the changes come to {Convert.ToHexString(key)} of version {value.Version}"
                    + $"{(value.Hash is null ? " without its value" : string.Empty)}, the engine has "
                    + EngineState.Text(found[i]);
            }
        }

        return found.Length == folded.Length
            ? null
            : $"the changes come to {folded.Length} keys, the engine has {found.Length}";
    }

    private string? Disorder(IReadOnlySet<ulong> submitted)
    {
        long commit = long.MaxValue;
        long version = long.MaxValue;
        foreach (ToldChange change in Told)
        {
            if (change.Commit > commit || change.Commit <= Since || change.Version > change.Commit)
            {
                return $"{change} was told out of its order";
            }

            commit = change.Commit;
            if (change.Kind == KeyChangeKind.Touch)
            {
                continue;
            }

            if (change.Version >= version)
            {
                return $"{change} was told out of its order, or twice";
            }

            version = change.Version;
            if (change.Hash is { } hash && !submitted.Contains(hash))
            {
                return $"{change} was told and never written";
            }
        }

        return null;
    }

    private string? Missing(long recovered, IReadOnlyDictionary<long, ModelOperation> written)
    {
        Dictionary<long, ToldChange> told = Told.Where(t => t.Kind != KeyChangeKind.Touch)
            .ToDictionary(t => t.Version);
        foreach ((long sequence, ModelOperation operation) in written)
        {
            if (sequence <= Since || sequence > recovered)
            {
                continue;
            }

            if (!told.TryGetValue(sequence, out ToldChange? change))
            {
                return $"write {sequence}, a {operation.Kind}, was not told";
            }

            if ((int)change.Kind != (int)operation.Kind
                || !change.Key.AsSpan().SequenceEqual(operation.Key)
                || (change.Hash ?? operation.ValueHash) != operation.ValueHash)
            {
                return $"write {sequence}, a {operation.Kind}, was told as {change}";
            }
        }

        return null;
    }
}

/// <summary>What the changes of a key come to.</summary>
/// <param name="Hash">Of its value; null where it was told without.</param>
/// <param name="Version">Its version.</param>
/// <param name="ExpiresTicks">From when it is absent; 0 for never.</param>
internal readonly record struct FoldedValue(ulong? Hash, long Version, long ExpiresTicks);

/// <summary>A change that was told.</summary>
internal sealed record ToldChange(
    KeyChangeKind Kind, long Commit, long Version, byte[] Key, ulong? Hash)
{
    public override string ToString() =>
        $"{Kind} {Convert.ToHexString(Key)} of version {Version} in commit {Commit}";
}
