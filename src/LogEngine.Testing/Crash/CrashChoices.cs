namespace LogEngine.Testing.Crash;

/// <summary>
/// Which subsets of the units in flight a crash test looks at: all of them while they are few;
/// otherwise the corners, every single drop and keep, pairs, then seeded chance.
/// </summary>
internal static class CrashChoices
{
    /// <summary>Up to so many units, every subset is tried.</summary>
    internal const int MaxExhausted = 12;

    /// <summary>The same array is handed out again and again, changed.</summary>
    internal static IEnumerable<bool[]> Of(
        IReadOnlyList<CrashUnit> units, int exhaust, int pairs, int random, int seed)
    {
        bool[] keep = new bool[units.Count];
        if (units.Count <= exhaust)
        {
            for (int mask = 0; mask < 1 << units.Count; mask++)
            {
                for (int i = 0; i < keep.Length; i++)
                {
                    keep[i] = (mask >> i & 1) != 0;
                }

                yield return keep;
            }

            yield break;
        }

        foreach (Func<CrashUnit, int, bool> corner in Corners(units))
        {
            for (int i = 0; i < keep.Length; i++)
            {
                keep[i] = corner(units[i], i);
            }

            yield return keep;
        }

        Random chance = new(seed);
        foreach (bool background in (bool[])[true, false])
        {
            for (int i = 0; i < keep.Length; i++)
            {
                Array.Fill(keep, background);
                keep[i] = !background;
                yield return keep;
            }

            for (int i = 0; i < pairs; i++)
            {
                Array.Fill(keep, background);
                keep[chance.Next(keep.Length)] = !background;
                keep[chance.Next(keep.Length)] = !background;
                yield return keep;
            }
        }

        for (int i = 0; i < random; i++)
        {
            Draw(keep, units, chance);
            yield return keep;
        }
    }

    /// <summary>One subset by chance: dense, sparse, or even.</summary>
    internal static void Draw(bool[] keep, IReadOnlyList<CrashUnit> units, Random chance)
    {
        double share = chance.Next(3) switch { 0 => 0.1, 1 => 0.9, _ => 0.5 };
        int cut = chance.Next(2) == 0 ? keep.Length : chance.Next(keep.Length + 1);
        for (int i = 0; i < units.Count; i++)
        {
            keep[i] = i < cut && chance.NextDouble() < share;
        }
    }

    private static IEnumerable<Func<CrashUnit, int, bool>> Corners(IReadOnlyList<CrashUnit> units)
    {
        yield return (_, _) => false;
        yield return (_, _) => true;
        yield return (u, _) => u.Kind == CrashUnitKind.Size;
        yield return (u, _) => u.Kind == CrashUnitKind.Data;
        yield return (u, _) => u.Kind == CrashUnitKind.Name;
        yield return (u, _) => u.Kind != CrashUnitKind.Data;
        yield return (u, _) => u.Kind != CrashUnitKind.Size;
        yield return (u, _) => u.Kind != CrashUnitKind.Name;
        for (int prefix = 1; prefix < units.Count; prefix++)
        {
            int end = prefix;
            yield return (_, i) => i < end;
            yield return (_, i) => i >= end;
        }

        foreach (ulong inode in units.Select(u => u.Inode).Distinct())
        {
            yield return (u, _) => u.Inode == inode;
            yield return (u, _) => u.Inode != inode;
        }
    }
}
