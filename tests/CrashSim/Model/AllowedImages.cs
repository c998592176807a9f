using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Model;

/// <summary>Every disk that the simulator says a power cut may leave, and whether one is of them.</summary>
internal sealed class AllowedImages
{
    internal const string Root = "/program";

    /// <summary>More units than this are too many to list.</summary>
    internal const int MaxUnits = 14;

    private readonly HashSet<ulong> _hashes = [];
    private readonly ulong _everything;

    internal AllowedImages(SimulatedFileSystem disk)
    {
        CrashUnits units = CrashUnits.Of(disk.Snapshot(), SimPage.Size);
        Assert.InRange(units.Units.Count, 0, MaxUnits);
        foreach (bool[] keep in CrashChoices.Of(units.Units, MaxUnits, 0, 0, 0))
        {
            _everything = units.Build(keep).Hash;
            _hashes.Add(_everything);
        }

        Calls = string.Join('\n', disk.Trace.Lines);
    }

    internal int Count => _hashes.Count;

    /// <summary>What was done to the disk.</summary>
    internal string Calls { get; }

    /// <summary>How many units a crash of the disk would choose from.</summary>
    internal static int UnitsOf(SimulatedFileSystem disk) =>
        CrashUnits.Of(disk.Snapshot(), SimPage.Size).Units.Count;

    /// <summary>Whether a directory as it is now is one of them.</summary>
    internal bool Contain(string directory) => _hashes.Contains(HashOf(directory));

    /// <summary>Whether nothing was lost in it: the last one listed keeps everything.</summary>
    internal bool IsWhole(string directory) => HashOf(directory) == _everything;

    private static ulong HashOf(string directory)
    {
        Dictionary<string, ImageFile> files = [];
        ulong inode = 1;
        foreach (string path in Directory.GetFiles(directory))
        {
            SimContent content = new();
            byte[] bytes = File.ReadAllBytes(path);
            content.Put(bytes, 0);
            content.Extend(bytes.Length);
            files.Add(Path.GetFileName(path), new ImageFile(inode++, content));
        }

        return new CrashImage(new Dictionary<string, Dictionary<string, ImageFile>>
        {
            [SimulatedFileSystem.Root] = [],
            [Root] = files,
        }).Hash;
    }
}
