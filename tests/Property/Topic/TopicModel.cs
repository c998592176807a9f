namespace LogEngine.Properties.Topic;

/// <summary>What a topic is, in the simplest words: a list, and two numbers for each group.</summary>
/// <param name="maxRecords">Retention by number; null for none.</param>
/// <param name="maxAge">Retention by age; null for none.</param>
/// <param name="lateCommitsGoBack">
/// A planted mistake: a commit that is behind by now takes the cursor back.
/// </param>
internal sealed class TopicModel(long? maxRecords, TimeSpan? maxAge, bool lateCommitsGoBack)
{
    private readonly SortedDictionary<long, (string Body, DateTimeOffset? ExpiresAt)> _records = [];
    private long _trimmedTo = 1;

    internal Dictionary<string, (long Cursor, long Position)> Groups { get; } = [];

    internal DateTimeOffset Now { get; set; }

    internal long Next { get; private set; } = 1;

    internal long First => Alive(1).Select(r => r.Offset).FirstOrDefault(Next);

    internal void Append(string body) => _records.Add(
        Next++, (body, maxAge is { } age ? Now + age : null));

    internal void AddGroup(string name) => Groups.TryAdd(name, (First, First));

    /// <summary>What a group reads now, and how many records it missed; it moves on.</summary>
    internal (List<(long Offset, string Body)> Records, long Missed) Read(string name, int most)
    {
        (long cursor, long position) = Groups[name];
        List<(long Offset, string Body)> records = [.. Alive(position).Take(most)];
        if (records.Count == 0)
        {
            return (records, 0);
        }

        Groups[name] = (cursor, records[^1].Offset + 1);
        return (records, position < First ? Math.Min(records[0].Offset, First) - position : 0);
    }

    internal void Commit(string name, long offset)
    {
        (long cursor, long position) = Groups[name];
        Groups[name] = (
            lateCommitsGoBack ? offset + 1 : Math.Max(cursor, offset + 1), position);
    }

    internal void Reset(string name, long offset)
    {
        long to = Math.Min(offset, Next);
        Groups[name] = (to, to);
    }

    /// <summary>Lets go of what retention does not keep.</summary>
    internal void Trim()
    {
        long kept = maxRecords is { } most ? Next - most
            : maxAge is not null || Groups.Count == 0 ? 0
            : Groups.Values.Min(group => group.Cursor);
        long below = Math.Min(kept, Next - 1);
        if (below > _trimmedTo)
        {
            _records.Keys.Where(offset => offset < below).ToList().ForEach(o => _records.Remove(o));
            _trimmedTo = below;
        }
    }

    internal void Reopen()
    {
        foreach (string name in Groups.Keys.ToList())
        {
            Groups[name] = (Groups[name].Cursor, Groups[name].Cursor);
        }

        _trimmedTo = First;
    }

    private IEnumerable<(long Offset, string Body)> Alive(long from) => _records
        .Where(r => r.Key >= from && (r.Value.ExpiresAt is not { } expires || expires > Now))
        .Select(r => (r.Key, r.Value.Body));
}
