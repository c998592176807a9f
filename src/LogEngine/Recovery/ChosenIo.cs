using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>How the files of a directory are read and written, and why.</summary>
/// <param name="Facts">What the file system is and can.</param>
/// <param name="Direct">Whether past the page cache.</param>
/// <param name="Reason">Why not; null where it is.</param>
internal sealed record ChosenIo(StorageFacts Facts, bool Direct, string? Reason)
{
    internal OpenFlags Mode => Direct ? OpenFlags.Direct : OpenFlags.Read;

    /// <summary>What groups must at least be aligned to.</summary>
    internal int Alignment => Direct ? Facts.DirectAlignment : Facts.BufferedAlignment;

    /// <summary>Tries it out, which writes a file for a moment.</summary>
    /// <exception cref="StorageIOException">Direct I/O was asked for and is not possible.</exception>
    internal static ChosenIo ForWriting(IFileSystem files, string directory, IoMode asked)
    {
        StorageFacts facts = files.Probe(directory, tryDirect: asked != IoMode.Buffered);
        if (asked == IoMode.Direct && !facts.DirectSupported)
        {
            throw new StorageIOException(
                "probe direct I/O in",
                directory,
                Errno.Invalid,
                $"{facts.DirectReason}; open with IoMode.Auto or IoMode.Buffered");
        }

        bool direct = asked != IoMode.Buffered && facts.DirectSupported;
        return new ChosenIo(
            facts, direct, direct ? null : facts.DirectReason ?? "buffered I/O was asked for");
    }

    /// <summary>Tries nothing out.</summary>
    internal static ChosenIo ForReading(IFileSystem files, string directory) =>
        new(files.Probe(directory, tryDirect: false), Direct: false, "opened read-only");
}
