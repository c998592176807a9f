namespace LogEngine.CrashSim.Queue;

/// <summary>What was asked of a topic and what was promised, kept outside the disk that crashes.</summary>
internal sealed class TopicJournal
{
    private readonly HashSet<string> _sent = [];
    private readonly Dictionary<long, string> _appended = [];
    private readonly Dictionary<string, (long Least, long Most)> _cursors = [];

    internal void Sending(string body) => _sent.Add(body);

    internal void Appended(long offset, string body) => _appended.Add(offset, body);

    internal void GroupMade(string group, long cursor) => _cursors[group] = (cursor, cursor);

    /// <summary>The cursor is on its way there: from now on it may be.</summary>
    internal void Moving(string group, long cursor)
    {
        (long least, long most) = _cursors[group];
        _cursors[group] = (Math.Min(least, cursor), Math.Max(most, cursor));
    }

    /// <summary>Moving it there was acknowledged.</summary>
    internal void Moved(string group, long cursor) => _cursors[group] = (cursor, cursor);

    /// <summary>What is wrong with a recovered topic; null where nothing is.</summary>
    internal string? Violation(TopicContents found)
    {
        foreach ((string group, (long least, long most)) in _cursors)
        {
            if (!found.Groups.TryGetValue(group, out (long Cursor, List<(long, string)> Read) seen))
            {
                return $"group {group} is lost";
            }

            if (seen.Cursor < least || seen.Cursor > most)
            {
                return $"the cursor of {group} is at {seen.Cursor}, not at {least} to {most}";
            }

            // What is not committed comes again: all of it, once, each at its offset.
            Dictionary<long, string> read = seen.Read.ToDictionary(r => r.Item1, r => r.Item2);
            if (read.Count != seen.Read.Count)
            {
                return $"group {group} reads an offset twice";
            }

            foreach ((long offset, string body) in _appended.Where(a => a.Key >= seen.Cursor))
            {
                if (!read.TryGetValue(offset, out string? there) || there != body)
                {
                    return $"record {offset} was appended and is lost to {group}";
                }
            }

            if (read.Values.FirstOrDefault(body => !_sent.Contains(body)) is { } phantom)
            {
                return $"record {phantom} was never sent";
            }
        }

        return null;
    }
}

/// <summary>What is in a recovered topic.</summary>
/// <param name="Groups">Of each group its cursor, and what it reads from there to the end.</param>
internal sealed record TopicContents(
    Dictionary<string, (long Cursor, List<(long Offset, string Body)> Read)> Groups);
