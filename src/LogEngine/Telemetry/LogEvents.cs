using Microsoft.Extensions.Logging;

namespace LogEngine.Telemetry;

/// <summary>
/// Everything that is logged. Ids and names are stable: 1 to 19 the log, 20 to 29 the engine, 30 to 49
/// stores; docs/metrics.md says what each means. Never called by the thread that commits: what it has
/// to tell goes through the preparer.
/// </summary>
internal static partial class LogEvents
{
    // ------------------------------------------------------------ LogCategories.Log

    [LoggerMessage(
        1, LogLevel.Warning, "No space for the log in '{Directory}': appends are refused.")]
    internal static partial void SpaceRefused(ILogger logger, string directory, Exception reason);

    [LoggerMessage(
        2, LogLevel.Information, "There is space for the log in '{Directory}' again.")]
    internal static partial void SpaceFound(ILogger logger, string directory);

    [LoggerMessage(
        3,
        LogLevel.Critical,
        "The log in '{Directory}' is faulted and takes no more writes; opening it again is the cure.")]
    internal static partial void Faulted(ILogger logger, string directory, Exception fault);

    [LoggerMessage(
        4, LogLevel.Warning, "A sync of the log in '{Directory}' took {Milliseconds} ms.")]
    internal static partial void SlowSync(ILogger logger, string directory, long milliseconds);

    [LoggerMessage(
        5,
        LogLevel.Debug,
        "Segment {Segment} of the log in '{Directory}' is full: sequences {First} to {Last}.")]
    internal static partial void SegmentFilled(
        ILogger logger, string directory, ulong segment, long first, long last);

    [LoggerMessage(
        6,
        LogLevel.Debug,
        "{Segments} segments of the log in '{Directory}' are freed, the newest is {Newest}.")]
    internal static partial void SegmentsFreed(
        ILogger logger, string directory, int segments, ulong newest);

    [LoggerMessage(
        8,
        LogLevel.Information,
        "Retention removed {Segments} segments of {Bytes} bytes from the log in '{Directory}': it "
            + "begins with sequence {First}.")]
    internal static partial void RetentionApplied(
        ILogger logger, int segments, long bytes, string directory, long first);

    [LoggerMessage(
        9,
        LogLevel.Warning,
        "Retention of the log in '{Directory}' failed; it is tried again.")]
    internal static partial void RetentionFailed(
        ILogger logger, string directory, Exception error);

    [LoggerMessage(
        10,
        LogLevel.Information,
        "Opened the log in '{Directory}' ({Tail}): sequences {First} to {Last} in {Segments} "
            + "segments, {IoMode} I/O, in {Milliseconds} ms.")]
    internal static partial void Opened(
        ILogger logger,
        string directory,
        RecoveredTail tail,
        long first,
        long last,
        int segments,
        IoMode ioMode,
        long milliseconds);

    [LoggerMessage(
        11,
        LogLevel.Warning,
        "The end of the log was cut at {File} @{Offset}: {Bytes} bytes of a commit that was not "
            + "complete, {Groups} whole commits behind it. Ambiguous: {Ambiguous}.")]
    internal static partial void TailCut(
        ILogger logger, string? file, long offset, long bytes, int groups, bool ambiguous);

    [LoggerMessage(12, LogLevel.Warning, "Opening '{Directory}' met {Warning}.")]
    internal static partial void OpenedWithWarning(
        ILogger logger, string directory, string warning);

    [LoggerMessage(
        13,
        LogLevel.Error,
        "Opening '{Directory}' was refused: something durable is damaged or missing. Nothing was "
            + "changed.")]
    internal static partial void OpenRefused(ILogger logger, string directory, Exception damage);

    [LoggerMessage(
        14, LogLevel.Information, "Closed the log in '{Directory}' at sequence {Last}.")]
    internal static partial void Closed(ILogger logger, string directory, long last);

    [LoggerMessage(
        15,
        LogLevel.Warning,
        "The log in '{Directory}' is sealed, but its closing manifest was not written; the next open "
            + "reads the log's end instead.")]
    internal static partial void ClosedWithoutManifest(
        ILogger logger, string directory, Exception reason);

    // ------------------------------------------------------------ LogCategories.Engine

    [LoggerMessage(
        20,
        LogLevel.Warning,
        "Background work of the engine failed; it is tried again later.")]
    internal static partial void MaintenanceFailed(ILogger logger, Exception error);

    [LoggerMessage(
        21,
        LogLevel.Information,
        "The engine has {Keys} keys: the snapshot of sequence {Snapshot} and {Replayed} records "
            + "behind it.")]
    internal static partial void IndexLoaded(
        ILogger logger, long keys, long snapshot, long replayed);

    [LoggerMessage(22, LogLevel.Warning, "An index snapshot is not usable: {Reason}.")]
    internal static partial void SnapshotSkipped(ILogger logger, string reason);

    [LoggerMessage(
        23,
        LogLevel.Debug,
        "A snapshot of the index as of sequence {Sequence} is written: {Bytes} bytes in "
            + "{Milliseconds} ms.")]
    internal static partial void SnapshotWritten(
        ILogger logger, long sequence, long bytes, long milliseconds);

    [LoggerMessage(
        24,
        LogLevel.Debug,
        "Segment {Segment} is compacted: of {Bytes} bytes {Moved} were moved.")]
    internal static partial void SegmentCompacted(
        ILogger logger, ulong segment, long bytes, long moved);

    [LoggerMessage(
        25,
        LogLevel.Error,
        "Segment {Segment} cannot be read and is kept as it is: the values in it that are damaged "
            + "are lost.")]
    internal static partial void SegmentUnreadable(
        ILogger logger, ulong segment, Exception damage);

    [LoggerMessage(
        7,
        LogLevel.Warning,
        "{Dropped} events were dropped: this logger has not returned from earlier ones.")]
    internal static partial void EventsDropped(ILogger logger, int dropped);

    [LoggerMessage(
        26,
        LogLevel.Warning,
        "The disk is full: the reserve is given up for what frees space, other writes are refused.")]
    internal static partial void ReserveGivenUp(ILogger logger);

    [LoggerMessage(27, LogLevel.Information, "The reserve is kept back again; writes go on.")]
    internal static partial void ReserveKept(ILogger logger);

    [LoggerMessage(
        28,
        LogLevel.Information,
        "A backup up to sequence {Sequence} is complete in '{Backup}': {Copied} bytes copied, "
            + "{Present} were there.")]
    internal static partial void BackupWritten(
        ILogger logger, string backup, long sequence, long copied, long present);

    // ------------------------------------------------------------ stores

    [LoggerMessage(
        30,
        LogLevel.Warning,
        "Checkpoint {Sequence} of '{Name}' in store '{Store}' is skipped: {Reason}")]
    internal static partial void CheckpointSkipped(
        ILogger logger, string name, string store, long sequence, string reason);

    [LoggerMessage(
        31,
        LogLevel.Information,
        "Queue '{Queue}' is open: {Ready} messages ready, {Scheduled} scheduled, {Dead} dead.")]
    internal static partial void QueueOpened(
        ILogger logger, string queue, long ready, long scheduled, long dead);

    [LoggerMessage(
        32,
        LogLevel.Warning,
        "Message {Id} of queue '{Queue}' is dead after {Deliveries} deliveries: {Reason}")]
    internal static partial void MessageDied(
        ILogger logger, string queue, long id, int deliveries, string reason);

    [LoggerMessage(
        33,
        LogLevel.Warning,
        "Message {Id} of queue '{Queue}' cannot be read now and is set aside until {Until}.")]
    internal static partial void MessageSetAside(
        ILogger logger, string queue, long id, DateTimeOffset until, Exception error);

    [LoggerMessage(
        34,
        LogLevel.Warning,
        "Queue '{Queue}': the {What} cannot be read; {Instead}.")]
    internal static partial void QueuePartUnreadable(
        ILogger logger, string queue, string what, string instead, Exception error);

    [LoggerMessage(
        35,
        LogLevel.Error,
        "{What}, which a caller passed in, threw; the store goes on without it.")]
    internal static partial void CallbackFailed(ILogger logger, string what, Exception error);

    [LoggerMessage(
        36,
        LogLevel.Warning,
        "The processor of queue '{Queue}' cannot receive and tries again in {Delay}.")]
    internal static partial void ReceiveFailed(
        ILogger logger, string queue, TimeSpan delay, Exception error);

    [LoggerMessage(
        37,
        LogLevel.Warning,
        "A handler of message {Id} of queue '{Queue}' did not end when told to; its lease is "
            + "given up.")]
    internal static partial void HandlerAbandoned(ILogger logger, string queue, long id);

    [LoggerMessage(
        40,
        LogLevel.Warning,
        "Retention of topic '{Topic}' passed group '{Group}' over: it missed {Missed} records.")]
    internal static partial void RecordsMissed(
        ILogger logger, string topic, string group, long missed);

    [LoggerMessage(
        41,
        LogLevel.Warning,
        "Retention of topic '{Topic}' failed; the next commit or append tries again.")]
    internal static partial void TrimFailed(ILogger logger, string topic, Exception error);

    [LoggerMessage(
        42,
        LogLevel.Error,
        "The cursor of group '{Group}' of topic '{Topic}' cannot be read; the others go on.")]
    internal static partial void CursorUnreadable(
        ILogger logger, string topic, string group, Exception error);
}
