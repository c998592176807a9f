namespace LogEngine;

/// <summary>Which mistake is in force on this thread, and what some of them need.</summary>
internal static class PlantedBugs
{
    [ThreadStatic]
    private static PlantedBug _active;

    private static volatile PlantedBug _everywhere;

    [ThreadStatic]
    private static long _resumeAt;

    [ThreadStatic]
    private static long _resumeAfter;

    /// <summary>The mistake in force on this thread.</summary>
    internal static PlantedBug Active
    {
        get => _active;
        set
        {
            _active = value;
            _resumeAt = 0;
        }
    }

    /// <summary>Where an existing segment is written on; 0 for nowhere.</summary>
    internal static long ResumeAt
    {
        get => _resumeAt;
        set => _resumeAt = value;
    }

    internal static long ResumeAfter
    {
        get => _resumeAfter;
        set => _resumeAfter = value;
    }

    /// <summary>The mistake in force on every thread, for what happens on the pool.</summary>
    internal static PlantedBug Everywhere
    {
        set => _everywhere = value;
    }

    internal static bool Is(PlantedBug bug) => _active == bug || _everywhere == bug;
}
