namespace LogEngine.CrashSim.Kernel;

/// <summary>A loop device of this test's own; disposing detaches it.</summary>
internal sealed class LoopDevice : IDisposable
{
    private LoopDevice(string path) => Path = path;

    internal string Path { get; }

    /// <summary>Attaches the next free one.</summary>
    /// <param name="file">What it shows.</param>
    /// <param name="options">More, in the words of losetup(8).</param>
    internal static LoopDevice Attach(string file, params string[] options) =>
        new(Tools.Run("losetup", ["--find", "--show", .. options, file]).Trim());

    public void Dispose() => Tools.Run("losetup", "--detach", Path);
}
