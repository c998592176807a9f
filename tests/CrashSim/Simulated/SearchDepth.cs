using LogEngine.Testing.Crash;

namespace LogEngine.CrashSim.Simulated;

/// <summary>How far a search goes at each crash point.</summary>
/// <param name="Exhaust">Up to so many units in flight, every subset.</param>
/// <param name="Pairs">Above that: so many pairs, dropped and kept.</param>
/// <param name="Random">And so many by chance.</param>
/// <param name="SectorBytes">What tears.</param>
internal sealed record SearchDepth(int Exhaust, int Pairs, int Random, int SectorBytes)
{
    internal static SearchDepth Full { get; } = new(CrashChoices.MaxExhausted, 16, 32, 512)
    {
        GoOnEvery = 8,
        InterruptEvery = 64,
        InterruptTwiceEvery = 512,
    };

    internal static SearchDepth Quick { get; } = new(8, 4, 8, 4096)
    {
        GoOnEvery = 16,
        InterruptEvery = 256,
    };

    /// <summary>As quick, and blocks tear within.</summary>
    internal static SearchDepth Torn { get; } = Quick with { SectorBytes = 512 };

    /// <summary>One recovered log in so many goes on being used; 0 for none.</summary>
    internal int GoOnEvery { get; init; }

    /// <summary>Old bytes of the disk where only a length persisted.</summary>
    internal bool StaleBytes { get; init; }

    /// <summary>
    /// One recovery in so many is crashed at each of its own operations; 0 for none.
    /// </summary>
    internal int InterruptEvery { get; init; }

    /// <summary>
    /// And of the recoveries of what those crashes left, one in so many is crashed again at each of
    /// its own operations; 0 for none.
    /// </summary>
    internal int InterruptTwiceEvery { get; init; }
}
