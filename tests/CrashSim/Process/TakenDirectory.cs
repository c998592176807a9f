using System.Globalization;
using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Processes;

/// <summary>
/// Takes the directory of a log away while one process writes it, lets another one write what is at
/// its path then, and judges what both were told by what both directories hold.
/// </summary>
internal static class TakenDirectory
{
    private const int Before = 20;
    private const int After = 40;

    /// <param name="parent">Where the directory is made.</param>
    /// <param name="harm">What is done to it.</param>
    /// <param name="mode">How both write.</param>
    internal static async Task JudgeAsync(string parent, DirectoryHarm harm, IoMode mode)
    {
        string path = Path.Combine(parent, "store");
        string aside = Path.Combine(parent, "aside");
        using ChildWriter first = Start(path, mode, 0);
        await first.SaysAsync("ack", Before);
        List<string> known = Do(harm, first, path, aside);
        List<string> second = [];
        if (harm != DirectoryHarm.Removed)
        {
            using ChildWriter other = Start(path, mode, 1);
            await other.SaysAsync("ack", After);

            // While the other one is at work the first one has noticed, and ends by itself.
            await first.SaysAsync("closed");
            await other.SaysAsync("ack", 2 * After);
            second = await other.StopAsync();
            Assert.Equal("closed", second[^1]);
        }

        List<string> lines = await first.EndAsync();
        FailStop.AssertFaulted(lines);
        if (harm is DirectoryHarm.Moved or DirectoryHarm.ReplacedByCopy)
        {
            await CheckAsync(aside, mode, (0, lines));
        }

        switch (harm)
        {
            case DirectoryHarm.LockRemoved or DirectoryHarm.LockRenamed:
                await CheckAsync(path, mode, (0, lines), (1, second));
                break;
            case DirectoryHarm.ReplacedByCopy or DirectoryHarm.RemovedForCopy:
                await CheckAsync(path, mode, (0, known), (1, second));
                break;
            case DirectoryHarm.Moved or DirectoryHarm.RemovedForNew:
                await CheckAsync(path, mode, (1, second));
                break;
            default:
                Assert.False(Directory.Exists(path), "a removed directory has come back");
                break;
        }
    }

    /// <summary>What had been acknowledged before it was done.</summary>
    private static List<string> Do(
        DirectoryHarm harm, ChildWriter writer, string path, string aside)
    {
        string held = Path.Combine(path, "LOCK");
        switch (harm)
        {
            case DirectoryHarm.LockRemoved:
                File.Delete(held);
                break;
            case DirectoryHarm.LockRenamed:
                File.Move(held, held + ".old");
                break;
            case DirectoryHarm.Moved:
                Directory.Move(path, aside);
                break;
            case DirectoryHarm.ReplacedByCopy:
                return WhileStopped(writer, () =>
                {
                    Directory.Move(path, aside);
                    ScratchDirectory.CopyFiles(aside, path);
                });
            case DirectoryHarm.RemovedForCopy:
                return WhileStopped(writer, () =>
                {
                    ScratchDirectory.CopyFiles(path, aside);
                    Directory.Delete(path, recursive: true);
                    Directory.Move(aside, path);
                });
            default:
                return WhileStopped(writer, () => Directory.Delete(path, recursive: true));
        }

        return [];
    }

    /// <summary>
    /// A copy of files that change while they are read is none of any moment: the writer is stopped
    /// meanwhile, and what it has said until then is what the copy must have.
    /// </summary>
    private static List<string> WhileStopped(ChildWriter writer, Action act)
    {
        Signal(writer, "-STOP");

        // The signal is only on its way yet: a thread may still be in a call that makes a file.
        string threads = $"/proc/{writer.Id.ToString(CultureInfo.InvariantCulture)}/task";
        Assert.True(
            SpinWait.SpinUntil(
                () => Directory.GetDirectories(threads).All(IsStopped), TimeSpan.FromSeconds(20)),
            "the writer does not stop");
        List<string> said = writer.Said();
        act();
        Signal(writer, "-CONT");
        return said;
    }

    private static bool IsStopped(string thread)
    {
        string stat = File.ReadAllText(Path.Combine(thread, "stat"));
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }

    private static void Signal(ChildWriter writer, string signal)
    {
        (int code, string output) = Tools.Try(
            "kill", signal, writer.Id.ToString(CultureInfo.InvariantCulture));
        Assert.True(code == 0, output);
    }

    private static async Task CheckAsync(
        string path, IoMode mode, params (int Run, List<string> Lines)[] said)
    {
        Journal journal = new();
        foreach ((int run, List<string> lines) in said)
        {
            journal.Note(run, lines);
        }

        for (int opening = 0; opening < 2; opening++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(path, mode);
            journal.Check(log);
        }
    }

    private static ChildWriter Start(string path, IoMode mode, int run) => ChildWriter.Start(
        path, mode.ToString(), run.ToString(CultureInfo.InvariantCulture), "1", "steady");
}
