using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>Everything a log takes from outside besides its options: disk, threads, chance.</summary>
/// <param name="Files">The file system.</param>
/// <param name="Scheduler">Where the log's own work runs.</param>
/// <param name="NextRandom">Random 64-bit numbers, for identities and salts.</param>
internal sealed record LogEnvironment(
    IFileSystem Files, IScheduler Scheduler, Func<ulong> NextRandom)
{
    /// <summary>The real disk, threads, and the system's random numbers.</summary>
    /// <exception cref="PlatformNotSupportedException">LogEngine does not run here.</exception>
    internal static LogEnvironment Real =>
        new(RealFileSystem.Instance, ThreadScheduler.Instance, Chance.Word);

    /// <summary>
    /// The same with a file system of its own in memory: nothing lasts, and nobody else sees it.
    /// </summary>
    internal static LogEnvironment InMemory() => Real with { Files = new MemoryFileSystem() };
}
