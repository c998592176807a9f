using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// A directory as one look finds it: its manifests, files and chain, and what is wrong with them. It
/// holds the directory as a reader does and changes nothing.
/// </summary>
internal sealed class DirectoryLook : IDisposable
{
    private readonly ReadHold _hold;

    private DirectoryLook(ReadHold hold, string directory, bool? writer)
    {
        _hold = hold;
        Directory = directory;
        HasWriter = writer;
        Manifests = new ManifestStore(Files, Directory).Load(forWriting: false);
        Manifest = Manifests.Newest;
        if (Manifest is { } backup && backup.Kind.IsBackup())
        {
            Manifest = backup with { Kind = backup.Kind.Restored() };
            Survey = SurveyBackup(backup);
        }
        else
        {
            Survey = DirectorySurvey.Take(
                Files, Directory, forWriting: false, mayVanish: MayBeWritten);
        }

        RequireStore();
        Chain = Walk();
    }

    /// <summary>The directory that is looked at, whatever is at its path by now.</summary>
    internal IFileSystem Files => _hold.Files;

    internal string Directory { get; }

    /// <summary>A writer has the directory open; null where the system cannot tell.</summary>
    internal bool? HasWriter { get; }

    /// <summary>Files may change while they are read.</summary>
    internal bool MayBeWritten => HasWriter != false;

    internal ManifestLoad Manifests { get; }

    /// <summary>
    /// The newest valid manifest, that of a backup as the one of its store; null where none is.
    /// </summary>
    internal Manifest? Manifest { get; }

    /// <summary>What the directory holds, in words.</summary>
    internal string Kind => Manifests.Newest?.Kind.InWords() ?? "unknown";

    /// <summary>It holds a storage engine, or a backup of one.</summary>
    internal bool IsEngine => Manifest is { Kind: StoreKind.Engine };

    internal DirectorySurvey Survey { get; }

    /// <summary>The live segments; null where the chain is broken.</summary>
    internal Chain? Chain { get; }

    /// <summary>Why the chain is broken; null where it is not.</summary>
    internal VerifyFinding? ChainDamage { get; private set; }

    /// <summary>First sequence that may be read, as far as anything says so.</summary>
    internal long LowWaterSequence => Manifest?.LowWaterSequence
        ?? Survey.Files.Select(f => f.Header?.LowWaterSequence ?? 1).DefaultIfEmpty(1).Max();

    /// <summary>Looks until a writer, if there is one, has not changed what was seen.</summary>
    /// <exception cref="StorageNotFoundException">No directory, or no store in it.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    internal static DirectoryLook Take(IFileSystem files, string directory) =>
        files.DirectoryExists(directory)
            ? StillLook.Take(
                files,
                directory,
                writer => TakeOnce(files, directory, writer),
                static look => look.ChainDamage is not null)
            : throw new StorageNotFoundException($"The directory '{directory}' does not exist.");

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

    public void Dispose() => _hold.Dispose();

    private static DirectoryLook TakeOnce(IFileSystem files, string directory, bool? writer)
    {
        ReadHold hold = ReadHold.Take(files, directory);
        try
        {
            return new DirectoryLook(hold, directory, writer);
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Only what the backup lists; a missing file is damage, others are shown.</summary>
    private DirectorySurvey SurveyBackup(Manifest backup)
    {
        try
        {
            return DirectorySurvey.OfBackup(Files, Directory, backup);
        }
        catch (CorruptionException missing)
        {
            ChainDamage = Corruption(missing);
            return DirectorySurvey.OfBackup(Files, Directory, backup, skipMissing: true);
        }
    }

    private Chain? Walk()
    {
        if (ChainDamage is not null)
        {
            return null;
        }

        if (Manifest is not { } manifest)
        {
            ChainDamage = new VerifyFinding(
                FindingSeverity.Corruption, Directory, -1, "no manifest is readable");
            return null;
        }

        try
        {
            return ChainWalk.Walk(Directory, Survey, manifest);
        }
        catch (CorruptionException error)
        {
            ChainDamage = Corruption(error);
            return null;
        }
    }

    private static VerifyFinding Corruption(CorruptionException error) =>
        new(FindingSeverity.Corruption, error.Path, error.Offset, error.Reason);

    /// <summary>Without any manifest it is a store only if a file holds a group.</summary>
    private void RequireStore()
    {
        if (!Manifests.AnyPresent
            && !Survey.Files.Any(file => OutsideEvidence.Groups(Files, file).Any()))
        {
            throw new StorageNotFoundException(
                $"There is no log or storage engine in '{Directory}'.");
        }
    }
}
