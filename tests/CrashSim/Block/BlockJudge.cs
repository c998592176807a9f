using LogEngine.CrashSim.Kernel;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Block;

/// <summary>Mounts a disk as a crash left it, recovers its log, and asks the oracle.</summary>
internal sealed class BlockJudge(Mount memory, IoMode mode)
{
    private readonly string _image = memory["crashed.img"];
    private readonly string _mountPoint = memory["crashed"];

    /// <param name="disk">What the crash left.</param>
    /// <param name="expected">What the log on it must and may hold.</param>
    /// <param name="where">For messages.</param>
    /// <param name="thorough">
    /// Also cuts the power again right after recovery: what was shown must survive; and checks the
    /// file system itself.
    /// </param>
    internal async Task JudgeAsync(
        DiskPages disk, Expectation expected, string where, bool thorough)
    {
        disk.WriteTo(_image);
        RecoveredState first = await RecoverAsync(expected, where, thorough);
        if (thorough)
        {
            Expectation shown = expected with { Durable = first.Last, Submitted = first.Last };
            await RecoverAsync(shown, where + ", recovered, cut again", cutAfterwards: false);
            CheckFileSystem(where);
        }
    }

    private async Task<RecoveredState> RecoverAsync(
        Expectation expected, string where, bool cutAfterwards)
    {
        using Mount mount = Mount.At(_mountPoint, "-o", "loop", _image);
        WriteAheadLog log;
        try
        {
            log = await WriteAheadLog.OpenAsync(
                mount[BlockWorkload.Directory], BlockWorkload.Options(mode));
        }
        catch (LogEngineException refused)
        {
            throw new InvalidOperationException($"{where}: {refused.Message}", refused);
        }

        RecoveredState found = LogProbe.Read(log, expected.Era);
        if (cutAfterwards)
        {
            mount.CutPower();
            await DeadLog.CloseAsync(log);
        }
        else
        {
            await log.CloseAsync();
        }

        string? problem = expected.Violation(found, killOnly: false);
        Assert.True(problem is null, $"{where}: {problem}");
        return found;
    }

    private void CheckFileSystem(string where)
    {
        (int code, string output) = IsExt4()
            ? Tools.Try("e2fsck", "-fn", _image)
            : Tools.Try("xfs_repair", "-n", _image);
        Assert.True(code == 0, $"{where}: {output}");
    }

    private bool IsExt4()
    {
        using FileStream file = File.OpenRead(_image);
        byte[] magic = new byte[2];
        file.Position = 1024 + 56;
        file.ReadExactly(magic);
        return magic is [0x53, 0xEF];
    }
}
