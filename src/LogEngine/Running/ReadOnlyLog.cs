using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Running;

/// <summary>
/// A log seen from outside: beside a live writer, or on a directory that nobody writes. It takes no
/// part in LOCK and changes nothing.
/// </summary>
/// <remarks>Beside a writer only what a mark attests is shown.</remarks>
internal sealed class ReadOnlyLog : IDisposable
{
    private readonly ReadHold _hold;
    private readonly ReadOnlyLook _look;
    private readonly Lock _looking = new();

    private ReadOnlyLog(ReadHold hold, ReadOnlyLook look, FoundLog found, RecoveryReport report)
    {
        _hold = hold;
        _look = look;
        BesideWriter = found.MayBeWritten;
        Report = report;
        View = new LogView(found.Directory, MapOf(found), found.Live.LastSequence)
        {
            // A backup that is replaced meanwhile is another one: this one stays as it was seen.
            Poll = found.IsBackup ? null : Poll,
            ReadsPastCache = true,
        };
        if (found.IsBackup)
        {
            // Nothing more will come.
            View.Close();
        }
    }

    internal LogView View { get; }

    /// <summary>The directory that was opened, whatever is at its path by now.</summary>
    internal IFileSystem Files => _hold.Files;

    internal RecoveryReport Report { get; }

    /// <summary>Whether a writer may have been there when it was opened.</summary>
    internal bool BesideWriter { get; }

    /// <summary>Nothing is written; what is there is counted.</summary>
    internal LogStatistics Statistics => new()
    {
        RecordsAppended = 0,
        PayloadBytes = 0,
        GroupsWritten = 0,
        BytesWritten = 0,
        Syncs = 0,
        UnpreparedGroups = 0,
        BackPressureWaits = 0,
        SegmentsStarted = 0,
        SegmentsRecycled = 0,
        Segments = View.Map.Segments.Length,
        SpareSegments = 0,
    };

    internal static ReadOnlyLog Open(
        LogEnvironment environment, string directory, WriteAheadLogOptions options) =>
        StillLook.Take(
            environment.Files,
            directory,
            writer => OpenOnce(environment, directory, options, loader: null, writer),
            static log => !log.BesideWriter);

    /// <summary>Opens what one look finds, and loads what stands on it.</summary>
    /// <param name="environment">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="options">The clock.</param>
    /// <param name="loader">Loads what stands on the log; null for nothing.</param>
    /// <param name="writer">Whether a writer has it open; null where that cannot be told.</param>
    internal static ReadOnlyLog OpenOnce(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        IStoreLoader? loader,
        bool? writer)
    {
        StepClock clock = new(options.TimeProvider);
        StoreKind kind = loader is null ? StoreKind.Log : StoreKind.Engine;
        ReadHold hold = Hold(environment.Files, directory, kind);
        try
        {
            ReadOnlyLook look = new(directory, kind);
            FoundLog found = look.Take(hold.Files, writer);
            clock.Mark("look");
            ILoadedStore? loaded = loader?.Load(found, clock);
            ChosenIo io = ChosenIo.ForReading(hold.Files, directory);
            RecoveryReport report = OpeningReport.Of(
                found, io, found.Manifest.Alignment, [], loaded, clock);
            return new ReadOnlyLog(hold, look, found, report);
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the directory open for who reads on after it was closed.</summary>
    internal IDisposable Share() => _hold.Share();

    public void Dispose()
    {
        View.Close();
        _hold.Dispose();
    }

    private static ReadHold Hold(IFileSystem files, string directory, StoreKind kind)
    {
        try
        {
            return ReadHold.Take(files, directory);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            throw new StorageNotFoundException($"There is no {kind.InWords()} in '{directory}'.");
        }
    }

    /// <summary>Looks for news and shows them.</summary>
    private void Poll()
    {
        lock (_looking)
        {
            FoundLog found = StillLook.Take(
                Files,
                View.Directory,
                writer => _look.Take(Files, writer),
                static seen => !seen.MayBeWritten);
            SegmentMap map = MapOf(found);
            View.ChangeMap(map, static (_, changed) => changed);
            if (found.Live.LastSequence > View.Durable)
            {
                View.PublishWritten(found.Live.LastSequence);
                View.PublishDurable(found.Live.LastSequence);
            }
        }
    }

    private SegmentMap MapOf(FoundLog found) =>
        new([.. _look.Segments], found.Manifest.LowWaterSequence);
}
