namespace LogEngine.Index;

/// <summary>Which mistake is in force on this thread.</summary>
internal static class IndexBugs
{
    [ThreadStatic]
    private static IndexBug _active;

    internal static IndexBug Active
    {
        get => _active;
        set => _active = value;
    }

    internal static bool Is(IndexBug bug) => _active == bug;
}
