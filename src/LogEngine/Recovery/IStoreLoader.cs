using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Brings what stands on a log up to it, while the log is being opened: after its end has been found,
/// before anything is written.
/// </summary>
internal interface IStoreLoader
{
    /// <summary>Follows the log from here on; there after <see cref="Load"/>.</summary>
    IGroupObserver Observer { get; }

    /// <summary>Files of the store that no manifest lists: removed once the log is open.</summary>
    IEnumerable<string> Unlisted { get; }

    /// <summary>Adds to the report of the opening.</summary>
    RecoveryReport Annotate(RecoveryReport report);

    /// <summary>Loads; what it throws fails the opening, with nothing changed on disk.</summary>
    /// <param name="files">The directory that is held.</param>
    /// <param name="manifest">The newest manifest.</param>
    /// <param name="live">The log as recovered.</param>
    /// <param name="survey">What is in the directory.</param>
    /// <param name="clock">Where the time went.</param>
    /// <param name="warnings">What was found wrong and could be done without.</param>
    void Load(
        IFileSystem files,
        Manifest manifest,
        LiveSet live,
        DirectorySurvey survey,
        StepClock clock,
        List<string> warnings);
}
