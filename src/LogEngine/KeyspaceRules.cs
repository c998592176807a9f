namespace LogEngine;

/// <summary>Which names of keyspaces belong to stores.</summary>
internal static class KeyspaceRules
{
    /// <summary>
    /// What the keyspaces of stores begin with; the last one is for stores to come. A name of a store
    /// follows, whatever it holds, slashes too, so that two stores never have a keyspace in common:
    /// those of one kind differ in what lies between the prefix and the end, those of two kinds in the
    /// prefix.
    /// </summary>
    private static readonly string[] Reserved =
        ["blobs/", "checkpoints/", "documents/", "queue/", "runs/", "topic/", "logengine/"];

    /// <summary>The reserved prefix that a name begins with; null for none.</summary>
    internal static string? ReservedPrefixOf(string name)
    {
        foreach (string prefix in Reserved)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return prefix;
            }
        }

        return null;
    }
}
