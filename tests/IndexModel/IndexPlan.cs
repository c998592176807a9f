using LogEngine.Index;

namespace LogEngine.IndexModel;

/// <summary>What one run does; all of it follows from family and seed.</summary>
internal sealed record IndexPlan
{
    /// <summary>Larger pages take more keys for as many levels.</summary>
    private const int Scale = PageSize.Bytes / 256;

    private static readonly int[] Sizes =
        [12, 40, 40, 150, 150, 600, 600, 2500 * Scale, 12_000 * Scale];

    private static readonly int[] Publications = [1, 2, 5, 20, 300, 5000];
    private static readonly int[] Ranges = [0, 40, 400, 4000];
    private static readonly int[] Expiries = [0, 2, 10];

    private IndexPlan()
    {
    }

    internal required KeyFamily Family { get; init; }

    internal required ulong Seed { get; init; }

    /// <summary>Keys that there may be.</summary>
    internal required int KeyCount { get; init; }

    internal required int Changes { get; init; }

    /// <summary>One in so many changes is published; the same for what follows.</summary>
    internal required int PublishOneIn { get; init; }

    internal required int RangeOneIn { get; init; }

    internal required int ExpiryOneIn { get; init; }

    /// <summary>The whole tree is checked each time after so many changes.</summary>
    internal required int CheckEvery { get; init; }

    internal required bool Poison { get; init; }

    internal static IndexPlan Of(KeyFamily family, ulong seed)
    {
        Chance chance = new(KeyFamilies.Mix(seed, (int)family));
        int keys = Sizes[chance.Below(Sizes.Length)];
        bool isLong = family is KeyFamily.Longest or KeyFamily.LongKeys or KeyFamily.Zeros
            or KeyFamily.Ones or KeyFamily.Beginnings;
        keys = isLong ? Math.Min(keys, 900) : keys;
        return new IndexPlan
        {
            Family = family,
            Seed = seed,
            KeyCount = keys,
            Changes = Math.Clamp(keys * 12, 2000, isLong ? 3000 : 100_000 * Scale),
            PublishOneIn = Publications[chance.Below(Publications.Length)],
            RangeOneIn = Ranges[chance.Below(Ranges.Length)],
            ExpiryOneIn = Expiries[chance.Below(Expiries.Length)],
            CheckEvery = keys <= 40 ? 1 : keys <= 150 ? 40 : 2 * keys,
            Poison = !chance.OneIn(4),
        };
    }

    public override string ToString() =>
        $"{Family}:{Seed} (pages of {PageSize.Bytes} bytes, {KeyCount} keys, {Changes} changes)";
}
