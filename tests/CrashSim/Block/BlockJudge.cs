using LogEngine.CrashSim.Kernel;

namespace LogEngine.CrashSim.Block;

/// <summary>Mounts a disk as a crash left it, recovers its store, and asks the oracle.</summary>
internal abstract class BlockJudge<TExpected>(Mount memory)
{
    private readonly string _image = memory["crashed.img"];
    private readonly string _mountPoint = memory["crashed"];

    /// <param name="disk">What the crash left.</param>
    /// <param name="expected">What the store on it must and may hold.</param>
    /// <param name="where">For messages.</param>
    /// <param name="thorough">
    /// Also cuts the power again right after recovery: what was shown must survive; and checks the
    /// file system itself.
    /// </param>
    internal async Task JudgeAsync(
        DiskPages disk, TExpected expected, string where, bool thorough)
    {
        disk.WriteTo(_image);
        TExpected shown = await RecoverAsync(expected, where, thorough);
        if (thorough)
        {
            await RecoverAsync(shown, where + ", recovered, cut again", cutAfterwards: false);
            CheckFileSystem(where);
        }
    }

    /// <summary>
    /// Opens, compares, and cuts the power or closes; gives what the next opening must show.
    /// </summary>
    private protected abstract Task<TExpected> RecoverAsync(
        Mount mount, TExpected expected, string where, Func<Func<ValueTask>, Task> end);

    private async Task<TExpected> RecoverAsync(
        TExpected expected, string where, bool cutAfterwards)
    {
        using Mount mount = Mount.At(_mountPoint, "-o", "loop", _image);
        return await RecoverAsync(mount, expected, where, async close =>
        {
            if (cutAfterwards)
            {
                mount.CutPower();
                await DeadLog.CloseAsync(close);
            }
            else
            {
                await close();
            }
        });
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
