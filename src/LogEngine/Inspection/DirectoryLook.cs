using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// A directory as it is found: its manifests, files and chain, and what is wrong with them. Takes
/// no part in LOCK, changes nothing, and holds READERS so that no file it may be in is recycled.
/// </summary>
internal sealed class DirectoryLook : IDisposable
{
    private const int Looks = 8;

    private readonly IHeldDirectory _held;
    private readonly IFileLock? _readers;

    private DirectoryLook(IHeldDirectory held, string directory)
    {
        _held = held;
        Directory = directory;
        _readers = ReadOnlyLog.HoldReaders(held, directory);
    }

    /// <summary>The directory that is looked at, whatever is at its path by now.</summary>
    internal IFileSystem Files => _held;

    internal string Directory { get; }

    /// <summary>A writer has the directory open; null where the system cannot tell.</summary>
    internal bool? HasWriter { get; private set; }

    /// <summary>Files may change while they are read.</summary>
    internal bool MayBeWritten => HasWriter != false;

    internal ManifestLoad Manifests { get; private set; } = null!;

    /// <summary>
    /// The newest valid manifest, that of a backup as the one of its store; null where none is.
    /// </summary>
    internal Manifest? Manifest { get; private set; }

    /// <summary>What the directory holds, in words.</summary>
    internal string Kind => Manifests.Newest?.Kind.InWords() ?? "unknown";

    /// <summary>It holds a storage engine, or a backup of one.</summary>
    internal bool IsEngine => Manifest is { Kind: StoreKind.Engine };

    internal DirectorySurvey Survey { get; private set; } = null!;

    /// <summary>The live segments; null where the chain is broken.</summary>
    internal Chain? Chain { get; private set; }

    /// <summary>Why the chain is broken; null where it is not.</summary>
    internal VerifyFinding? ChainDamage { get; private set; }

    /// <summary>First sequence that may be read, as far as anything says so.</summary>
    internal long LowWaterSequence => Manifest?.LowWaterSequence
        ?? Survey.Files.Select(f => f.Header?.LowWaterSequence ?? 1).DefaultIfEmpty(1).Max();

    /// <exception cref="StorageNotFoundException">No directory, or no store in it.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    internal static DirectoryLook Take(IFileSystem files, string directory)
    {
        if (!files.DirectoryExists(directory))
        {
            throw new StorageNotFoundException($"The directory '{directory}' does not exist.");
        }

        IHeldDirectory? held = files.Hold(directory);
        DirectoryLook? look = null;
        try
        {
            look = new DirectoryLook(held, directory);
            held = null;
            look.LookRepeatedly();
            return look;
        }
        catch
        {
            look?.Dispose();
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Opens a segment: past the page cache while it may be written that way.</summary>
    internal IStorageFile Open(InspectedSegment segment, Action<VerifyFinding> found)
    {
        bool written = MayBeWritten && segment.IsHead && segment.Header is not null;
        IStorageFile file = written
            ? SegmentFileReader.Open(
                Files, new Segment(segment.Header!, segment.Path), pastCache: true)
            : Files.Open(segment.Path, OpenFlags.Read);
        return new LenientFile(file, found);
    }

    /// <summary>
    /// How far the newest segment may be read beside a writer: to the highest mark. What lies
    /// behind it is being written.
    /// </summary>
    internal long FindLiveLimit(InspectedSegment head, Action<VerifyFinding> found)
    {
        TailScan scan = TailScan.Run(Open(head, found), head.Header!);
        if (scan.Finding == TailFinding.Sealed)
        {
            return scan.EndOffset;
        }

        return scan.Attested.SegmentId == head.SegmentId
            ? scan.Attested.EndOffset
            : head.FirstOffset;
    }

    public void Dispose()
    {
        _readers?.Dispose();
        _held.Dispose();
    }

    /// <summary>
    /// Beside a writer, damage counts only if it is still there after some more looks.
    /// </summary>
    private void LookRepeatedly()
    {
        for (int look = 1; ; look++)
        {
            HasWriter = AskForWriter();
            Manifests = new ManifestStore(Files, Directory).Load(forWriting: false);
            Manifest = Manifests.Newest;
            ChainDamage = null;
            if (Manifest is { } backup && backup.Kind.IsBackup())
            {
                Manifest = backup with { Kind = backup.Kind.Restored() };
                SurveyBackup(backup);
            }
            else
            {
                Survey = DirectorySurvey.Take(
                    Files, Directory, forWriting: false, mayVanish: MayBeWritten);
            }

            RequireStore();
            Walk();
            if (ChainDamage is null || !MayBeWritten || look == Looks)
            {
                return;
            }

            Thread.Yield();
        }
    }

    private bool? AskForWriter()
    {
        try
        {
            return Files.IsLockedExclusively(Path.Combine(Directory, FileNames.Lock));
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            // A copy: nobody has ever opened this directory for writing.
            return false;
        }
    }

    /// <summary>Only what the backup lists; a missing file is damage, others are shown.</summary>
    private void SurveyBackup(Manifest backup)
    {
        try
        {
            Survey = DirectorySurvey.OfBackup(Files, Directory, backup);
        }
        catch (CorruptionException missing)
        {
            ChainDamage = new VerifyFinding(
                FindingSeverity.Corruption, missing.Path, missing.Offset, missing.Reason);
            Survey = DirectorySurvey.OfBackup(Files, Directory, backup, skipMissing: true);
        }
    }

    private void Walk()
    {
        Chain = null;
        if (ChainDamage is not null)
        {
            return;
        }

        if (Manifest is not { } manifest)
        {
            ChainDamage = new VerifyFinding(
                FindingSeverity.Corruption, Directory, -1, "no manifest is readable");
            return;
        }

        try
        {
            Chain = ChainWalk.Walk(Directory, Survey, manifest);
        }
        catch (CorruptionException error)
        {
            ChainDamage = new VerifyFinding(
                FindingSeverity.Corruption, error.Path, error.Offset, error.Reason);
        }
    }

    /// <summary>Without any manifest it is a store only if a file holds a group.</summary>
    private void RequireStore()
    {
        if (!Manifests.AnyPresent && !Survey.Files.Any(HoldsGroup))
        {
            throw new StorageNotFoundException($"There is no log or storage engine in '{Directory}'.");
        }
    }

    private bool HoldsGroup(SurveyedFile file)
    {
        using GroupReader reader = new(
            Files.Open(file.Path, OpenFlags.Read), FormatLimits.MinAlignment);
        for (long at = 0; at < reader.Length; at += FormatLimits.MinAlignment)
        {
            if (reader.TryReadHeader(at, reader.Length, out _))
            {
                return true;
            }
        }

        return false;
    }
}
