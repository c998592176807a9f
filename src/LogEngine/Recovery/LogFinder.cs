using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Finds the log in a directory that is held for writing: manifest, chain, tail. It writes nothing but
/// what makes sure that it has seen what is on the device.
/// </summary>
internal sealed class LogFinder(
    LogEnvironment environment,
    GuardedDirectory files,
    string directory,
    StoreKind kind,
    ChosenIo io,
    StepClock clock)
{
    /// <exception cref="CorruptionException">Something durable is damaged or missing.</exception>
    /// <exception cref="WrongStoreKindException">It is a store of another kind.</exception>
    internal FoundLog Run(ManifestStore store)
    {
        ManifestLoad load = store.Load(forWriting: true);
        DirectorySurvey survey = Survey();
        Manifest? newest = load.NewestIn(directory);
        Manifest manifest = newest ?? Create(survey);
        if (manifest.Kind != kind)
        {
            throw new WrongStoreKindException(directory, manifest.Kind.InWords(), kind.InWords());
        }

        clock.Mark("manifest");
        Chain chain = WalkOnDisk(ref survey, manifest);
        clock.Mark("chain");
        RecoveredHead? head = chain.Head is { } last
            ? HeadRecovery.Run(
                chain, manifest, () => files.Open(last.File.Path, io.Mode), files, chain.Outside)
            : null;
        clock.Mark("tail");
        return new FoundLog
        {
            Files = files,
            Directory = directory,
            ForWriting = true,
            MayBeWritten = false,
            Manifest = manifest,
            IsNew = newest is null,
            Warnings = load.Damages,
            Survey = survey,
            Chain = chain,
            Head = head,
            Live = LiveSet.Of(chain, head, manifest),
        };
    }

    private DirectorySurvey Survey() =>
        DirectorySurvey.Take(files, directory, forWriting: true, mayVanish: false);

    /// <summary>Walks the chain until its head is what the device holds.</summary>
    private Chain WalkOnDisk(ref DirectorySurvey survey, Manifest manifest)
    {
        Chain chain = ChainWalk.Walk(directory, survey, manifest);
        for (int i = 0; chain.Head is { } shown && !IsOnDisk(shown); i++)
        {
            if (i == survey.Files.Count)
            {
                throw new CorruptionException(shown.File.Path, 0, "the header changes on reading");
            }

            survey = Survey();
            chain = ChainWalk.Walk(directory, survey, manifest);
        }

        return chain;
    }

    /// <summary>
    /// Whether the head is what it seemed to be, on the device. What the page cache shows may never
    /// reach it: a failed sync leaves clean pages with lost bytes. So sync, drop the cache, and
    /// believe only what is read after that.
    /// </summary>
    private bool IsOnDisk(ChainedSegment head)
    {
        using (IStorageFile synced = files.Open(head.File.Path, OpenFlags.Write))
        {
            synced.DataSync();
            synced.DropCache();
        }

        using IStorageFile file = files.Open(head.File.Path, io.Mode);
        using AlignedBuffer block = new(head.Header.Alignment);
        int read = file.Read(block.Span, 0);
        return head.Header.Identity.TryReadHeader(block.Span[..read], forWriting: true) is not null;
    }

    /// <summary>There is no manifest: a new log, unless there is anything to lose.</summary>
    private Manifest Create(DirectorySurvey survey)
    {
        foreach (SurveyedFile file in survey.Files)
        {
            if (OutsideEvidence.Groups(files, file).Any())
            {
                throw new CorruptionException(
                    Path.Combine(directory, FileNames.ManifestA),
                    -1,
                    $"both manifests are missing, but '{file.Path}' holds groups");
            }
        }

        // The directory's own name, whoever made it.
        files.SyncParent();

        Span<byte> id = stackalloc byte[16];
        BitConverter.TryWriteBytes(id, environment.NextRandom());
        BitConverter.TryWriteBytes(id[8..], environment.NextRandom());
        return new Manifest
        {
            StoreId = new Guid(id),
            Kind = kind,
            Alignment = io.Alignment,
            OpenEpoch = 0,
            NextSegmentId = 1,
            NextFileNumber = 1,
            LowWaterSequence = 1,
            NextSequence = 1,
            CleanlyClosed = false,
            Segments = [],
        };
    }
}
