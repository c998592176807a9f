using System.Text;

namespace LogEngine.Conformance.Cases;

/// <summary>What a watch told, read up to where there is nothing more for now.</summary>
internal static class Watched
{
    internal static async Task<List<KeyChange>> AllAsync(Keyspace keyspace, WatchOptions options)
    {
        List<KeyChange> told = [];
        int ends = options.StartsWithState ? 2 : 1;
        await foreach (KeyChange change in keyspace.WatchAsync(options with { ReportsProgress = true }))
        {
            told.Add(change);
            if (change.Kind == KeyChangeKind.Progress && --ends == 0)
            {
                break;
            }
        }

        return told;
    }

    /// <summary>As words, without what says only how far it is.</summary>
    internal static string Say(this IEnumerable<KeyChange> changes) => string.Join(", ", changes
        .Where(change => change.Kind != KeyChangeKind.Progress).Select(Say));

    private static string Say(KeyChange change) => change.Kind switch
    {
        KeyChangeKind.Put => $"{change.KeyText}={change.ValueText}",
        KeyChangeKind.State => $"is {change.KeyText}={change.ValueText}",
        KeyChangeKind.DeleteRange => $"-[{change.KeyText},{Encoding.UTF8.GetString(change.To.Span)})",
        KeyChangeKind.Delete => $"-{change.KeyText}",
        KeyChangeKind.Touch => $"~{change.KeyText}",
        _ => change.Kind.ToString(),
    };
}
