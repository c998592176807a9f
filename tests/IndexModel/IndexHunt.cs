using System.Globalization;
using System.Text;

namespace LogEngine.IndexModel;

/// <summary>Runs plans, and makes the shortest list of changes of one that fails.</summary>
internal sealed class IndexHunt
{
    /// <summary>Shrinking ends when so many changes were made again.</summary>
    private const long MostAgain = 6_000_000;

    /// <summary>From so many changes down on the whole tree is checked after each.</summary>
    private const int Few = 400;

    private const int MostKeyBytesShown = 100;

    /// <summary>Whether a failure is made shorter before it is told.</summary>
    internal bool Shrinks { get; init; } = true;

    /// <summary>Changes that were made.</summary>
    internal long Changes { get; private set; }

    /// <summary>The deepest tree of each family.</summary>
    internal SortedDictionary<KeyFamily, int> Levels { get; } = [];

    /// <summary>Runs a plan; a difference is shrunk.</summary>
    /// <exception cref="IndexDifferenceException">With what runs it again.</exception>
    internal void Run(IndexPlan plan)
    {
        KeySet keys = new(plan);
        if (TryRun(plan, keys, out int done, out Exception? failure))
        {
            return;
        }

        Changes += done;
        ChangeSource source = new(plan, keys.Arrivals, keys.Count);
        List<IndexChange> changes = [];
        for (int i = 0; i < done; i++)
        {
            changes.Add(source.Next());
        }

        changes = Shrinks ? Shrink(plan, keys, changes) : changes;
        throw Describe(plan, keys, changes, failure!);
    }

    private bool TryRun(IndexPlan plan, KeySet keys, out int done, out Exception? failure)
    {
        ChangeSource source = new(plan, keys.Arrivals, keys.Count);
        using IndexTwin twin = new(plan, keys);
        done = 0;
        try
        {
            int changes = 0;
            int untilCheck = plan.CheckEvery;
            while (changes < plan.Changes)
            {
                IndexChange change = source.Next();
                done++;
                twin.Do(in change);
                if (change.IsChange)
                {
                    changes++;
                    if (--untilCheck == 0)
                    {
                        twin.CheckTree();
                        untilCheck = plan.CheckEvery;
                    }
                }
            }

            twin.Finish();
            Changes += changes;
            Levels[plan.Family] =
                Math.Max(Levels.GetValueOrDefault(plan.Family), twin.Levels);
            failure = null;
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            failure = e;
            return false;
        }
    }

    private static bool Fails(IndexPlan plan, KeySet keys, List<IndexChange> changes)
    {
        using IndexTwin twin = new(plan, keys);
        int every = changes.Count <= Few ? 1 : Math.Max(plan.CheckEvery, changes.Count / 20);
        try
        {
            for (int i = 0; i < changes.Count; i++)
            {
                twin.Do(changes[i]);
                if (i % every == 0)
                {
                    twin.CheckTree();
                }
            }

            twin.Finish();
            return false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return true;
        }
    }

    /// <summary>Leaves out whatever can be left out, halves first.</summary>
    private static List<IndexChange> Shrink(
        IndexPlan plan, KeySet keys, List<IndexChange> changes)
    {
        long again = 0;
        for (int size = changes.Count / 2; size > 0; size /= 2)
        {
            for (int at = 0; at < changes.Count && again < MostAgain;)
            {
                List<IndexChange> fewer = [.. changes];
                fewer.RemoveRange(at, Math.Min(size, fewer.Count - at));
                again += fewer.Count;
                if (Fails(plan, keys, fewer))
                {
                    changes = fewer;
                }
                else
                {
                    at += size;
                }
            }
        }

        return changes;
    }

    private static IndexDifferenceException Describe(
        IndexPlan plan, KeySet keys, List<IndexChange> changes, Exception failure)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{plan}: {failure.Message}");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"Again: LOGENGINE_INDEX_SEED={plan.Family}:{plan.Seed}. The shortest list has {changes.Count} changes:");
        foreach (IndexChange change in changes.Take(200))
        {
            ReadOnlySpan<byte> key = keys[change.First % keys.Count];
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {change}  {key.Length} bytes {Convert.ToHexString(
                    key[..Math.Min(key.Length, MostKeyBytesShown)])}");
        }

        text.Append(failure);
        return new IndexDifferenceException(text.ToString());
    }
}
