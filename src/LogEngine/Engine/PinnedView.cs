using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>A pinned root and the time at which it is looked at.</summary>
/// <param name="Root">The root.</param>
/// <param name="NowTicks">What has expired by then is absent.</param>
internal sealed record PinnedView(PinnedRoot Root, long NowTicks)
{
    internal RootFacts Facts => (RootFacts)Root.Tag!;
}
