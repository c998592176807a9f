namespace LogEngine;

/// <summary>
/// Base of every error that the library itself raises, but for wrong arguments, closed objects and cancelled
/// waits, which are the framework's.
/// </summary>
public abstract class LogEngineException : Exception
{
    /// <summary>For the errors of another engine, which has types of its own below this one.</summary>
    protected LogEngineException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>
/// Bytes on disk that were attested as durable are damaged or missing. Nothing damaged is ever
/// returned; <see cref="LogDirectory.SalvageAsync"/> copies what is readable elsewhere.
/// </summary>
public sealed class CorruptionException : LogEngineException
{
    /// <summary>Names the damaged place.</summary>
    /// <param name="path">The damaged file.</param>
    /// <param name="offset">Byte offset in the file, or -1 where the whole file is meant.</param>
    /// <param name="reason">What was expected and what was found.</param>
    /// <param name="inner">The underlying error, if any.</param>
    public CorruptionException(string path, long offset, string reason, Exception? inner = null)
        : base(
            offset < 0
                ? $"Corruption in '{path}': {reason}"
                : $"Corruption in '{path}' at offset {offset}: {reason}",
            inner)
    {
        Path = path;
        Offset = offset;
        Reason = reason;
    }

    /// <summary>The damaged file.</summary>
    public string Path { get; }

    /// <summary>Byte offset of the damage in the file, or -1 where the whole file is meant.</summary>
    public long Offset { get; }

    /// <summary>What was expected and what was found.</summary>
    public string Reason { get; }
}

/// <summary>The file was written by a newer version, or uses a feature this version lacks.</summary>
public sealed class IncompatibleFormatException : LogEngineException
{
    /// <summary>Names the file and what is not understood.</summary>
    public IncompatibleFormatException(string path, string reason)
        : base($"'{path}' needs a newer version of LogEngine: {reason}") => Path = path;

    /// <summary>The file that is not understood.</summary>
    public string Path { get; }
}

/// <summary>The directory holds another kind of store than the one being opened.</summary>
public sealed class WrongStoreKindException : LogEngineException
{
    /// <summary>Names the directory, what it holds and what was asked for.</summary>
    public WrongStoreKindException(string directory, string found, string expected)
        : base($"'{directory}' holds a {found}, and was opened as a {expected}.") =>
        Directory = directory;

    /// <summary>The directory that was opened.</summary>
    public string Directory { get; }
}

/// <summary>
/// A write or a sync failed, or an invariant did not hold. The instance takes no further writes;
/// committed data stays readable; opening the directory again is the cure.
/// </summary>
public sealed class StorageFaultedException : LogEngineException, IUndeterminedWrite
{
    /// <summary>Wraps the first cause, which is the inner exception.</summary>
    /// <param name="directory">Where the log is.</param>
    /// <param name="cause">The first failure.</param>
    /// <param name="mayBeWritten">Whether what the call was to write was on its way.</param>
    public StorageFaultedException(string directory, Exception cause, bool mayBeWritten = false)
        : base(
            $"The log in '{directory}' stopped taking writes after its first failure. Data "
            + $"acknowledged before stays readable; close it and open it again. Cause: {cause?.Message}",
            cause) => MayBeWritten = mayBeWritten;

    /// <summary>
    /// False: nothing of the call was written, or the call was to write nothing. True: it was on its way when the
    /// fault came; what is there is seen once the directory has been opened again.
    /// </summary>
    public bool MayBeWritten { get; }
}

/// <summary>Another process, or another instance in this one, has the directory open for writing.</summary>
public sealed class DirectoryLockedException : LogEngineException
{
    /// <summary>Names the directory.</summary>
    public DirectoryLockedException(string directory, string holder)
        : base(
            $"'{directory}' is open for writing in {holder}. Close it there, set LockTimeout to "
            + "wait for it, or open read-only.") => Directory = directory;

    /// <summary>The locked directory.</summary>
    public string Directory { get; }
}

/// <summary>
/// The disk or quota is full. Nothing was written and no sequence was used; once space is free the
/// same call works.
/// </summary>
public sealed class StorageFullException : LogEngineException
{
    /// <summary>Names the place that is full.</summary>
    public StorageFullException(string path, string reason, Exception? inner = null)
        : base(
            $"No space for '{path}': {reason}. Nothing of this call was written; free space or "
            + "truncate the log, then try again.",
            inner) => Path = path;

    /// <summary>The file that could not grow.</summary>
    public string Path { get; }
}

/// <summary>The sequence asked for lies below the log's first sequence: it has been truncated.</summary>
public sealed class TruncatedException : LogEngineException
{
    /// <summary>Names the sequence asked for and the first that exists.</summary>
    public TruncatedException(long requested, long firstSequence)
        : base(
            $"Sequence {requested} has been truncated; the log starts at {firstSequence}.")
    {
        Requested = requested;
        FirstSequence = firstSequence;
    }

    /// <summary>The sequence that was asked for.</summary>
    public long Requested { get; }

    /// <summary>The first sequence that can be read.</summary>
    public long FirstSequence { get; }
}

/// <summary>
/// A watch asks for changes that cannot be told any more: compaction has freed them, or they lie ahead of all
/// that the engine has. Nothing is passed over instead: read the state anew and watch from there, which
/// <see cref="WatchOptions.StartsWithState"/> does in one.
/// </summary>
public sealed class ChangesLostException : LogEngineException
{
    /// <summary>Names the keyspace and the place.</summary>
    /// <param name="keyspace">Name of the keyspace.</param>
    /// <param name="position">Behind which place changes were asked for.</param>
    /// <param name="reason">Why there are none.</param>
    /// <param name="inner">The underlying error, if any.</param>
    public ChangesLostException(
        string keyspace, WatchPosition position, string reason, Exception? inner = null)
        : base(
            $"The changes of keyspace '{keyspace}' behind {position} cannot be told: {reason}. Read its "
            + $"state and watch from there; {nameof(WatchOptions)}."
            + $"{nameof(WatchOptions.StartsWithState)} does both.",
            inner)
    {
        Keyspace = keyspace;
        Position = position;
    }

    /// <summary>Name of the keyspace.</summary>
    public string Keyspace { get; }

    /// <summary>Behind which place changes were asked for: everything up to it was told.</summary>
    public WatchPosition Position { get; }
}

/// <summary>A record, or the records of a batch together, exceed a limit. Nothing was written.</summary>
public sealed class RecordTooLargeException : LogEngineException
{
    /// <summary>Names the size and the limit it exceeds.</summary>
    public RecordTooLargeException(string what, long size, long limit)
        : base($"{what} of {size:N0} exceeds the limit of {limit:N0}; split it.")
    {
        Size = size;
        Limit = limit;
    }

    /// <summary>The size that was asked for, in bytes or records as the message says.</summary>
    public long Size { get; }

    /// <summary>The largest size allowed.</summary>
    public long Limit { get; }
}

/// <summary>A write was asked of a log that was opened read-only.</summary>
public sealed class StorageReadOnlyException : LogEngineException
{
    /// <summary>Names the directory.</summary>
    public StorageReadOnlyException(string directory)
        : base($"The log in '{directory}' was opened read-only; open it for writing to change it.")
    {
    }
}

/// <summary>A state file's declared facts differ from the actual ones.</summary>
public sealed class SnapshotValidationException : LogEngineException
{
    /// <summary>Names the fact, what was declared and what was found.</summary>
    public SnapshotValidationException(string what, long declared, long actual)
        : base($"Snapshot validation failed: {what} declared as {declared}, actual {actual}.")
    {
        What = what;
        Declared = declared;
        Actual = actual;
    }

    /// <summary>The fact that differs.</summary>
    public string What { get; }

    /// <summary>The declared value.</summary>
    public long Declared { get; }

    /// <summary>The actual value.</summary>
    public long Actual { get; }
}

/// <summary>A condition of a batch did not hold; nothing of the batch was written.</summary>
public sealed class ConflictException : LogEngineException
{
    /// <summary>Names the condition.</summary>
    public ConflictException(Conflict conflict)
        : base(
            $"Conflict in keyspace '{conflict?.Keyspace}': a key has version {conflict?.Actual}, "
            + $"{conflict?.Expected} was required (0 is absent). Nothing was written; read again "
            + "and retry.") => Conflict = conflict!;

    /// <summary>The condition that did not hold.</summary>
    public Conflict Conflict { get; }
}

/// <summary>A key that is to be counted has a value of another length than 8 bytes. Nothing was written.</summary>
public sealed class NoCounterException : LogEngineException
{
    /// <summary>Names the keyspace and the length.</summary>
    /// <param name="keyspace">Name of the keyspace.</param>
    /// <param name="length">Bytes of the value.</param>
    public NoCounterException(string keyspace, int length)
        : base(
            $"A value in keyspace '{keyspace}' has {length} bytes and is no counter, which has 8. Count in "
            + "another key, or remove the value.") => Length = length;

    /// <summary>Bytes of the value.</summary>
    public int Length { get; }
}

/// <summary>A counter would leave the range of 64-bit numbers. Nothing was written.</summary>
public sealed class CounterOverflowException : LogEngineException
{
    /// <summary>Names the counter, what it is and what was to be added.</summary>
    /// <param name="keyspace">Name of the keyspace.</param>
    /// <param name="value">The number that is there.</param>
    /// <param name="delta">What was to be added.</param>
    public CounterOverflowException(string keyspace, long value, long delta)
        : base(
            $"A counter in keyspace '{keyspace}' is {value}; with {delta} more it would be no 64-bit number. "
            + "Put a smaller number, or count in several keys.")
    {
        Value = value;
        Delta = delta;
    }

    /// <summary>The number that is there.</summary>
    public long Value { get; }

    /// <summary>What was to be added.</summary>
    public long Delta { get; }
}

/// <summary>A directory to be written into holds other files. Nothing was changed.</summary>
public sealed class DirectoryNotEmptyException : LogEngineException
{
    /// <summary>Names the directory.</summary>
    public DirectoryNotEmptyException(string directory)
        : base($"'{directory}' is not empty; choose a directory that is, or does not exist.") =>
        Directory = directory;

    /// <summary>The directory that is not empty.</summary>
    public string Directory { get; }
}

/// <summary>What was asked for does not exist.</summary>
public sealed class StorageNotFoundException : LogEngineException
{
    /// <summary>Names what was asked for.</summary>
    public StorageNotFoundException(string what)
        : base(what)
    {
    }
}

/// <summary>The wait for an append was cancelled. The write itself is never cancelled.</summary>
public sealed class AppendCanceledException : OperationCanceledException, IUndeterminedWrite
{
    /// <summary>Says whether the record may be in the log all the same.</summary>
    public AppendCanceledException(bool mayBeWritten, CancellationToken token)
        : base(
            mayBeWritten
                ? "The wait was cancelled after the record was admitted: it may be written."
                : "Cancelled before the record was admitted: it is certainly not written.",
            token) => MayBeWritten = mayBeWritten;

    /// <summary>
    /// False: the record is certainly not in the log. True: it was admitted and may be, or become,
    /// durable.
    /// </summary>
    public bool MayBeWritten { get; }
}

/// <summary>
/// A server that the engine stands on cannot be reached, refuses, or has not answered in time. Nothing of
/// this call was written; the same call may work later.
/// </summary>
public sealed class StorageUnavailableException : LogEngineException
{
    /// <summary>Says what was asked of which server, and what came of it.</summary>
    /// <param name="message">In words.</param>
    /// <param name="inner">The underlying error, if any.</param>
    public StorageUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>An operating-system call on a file failed.</summary>
/// <remarks>A full disk is a <see cref="StorageFullException"/> instead.</remarks>
public class StorageIOException : LogEngineException
{
    /// <summary>Names the call, the file and the operating system's error number.</summary>
    public StorageIOException(string operation, string path, int errorNumber, string errorText)
        : base($"{operation} '{path}' failed: {errorText} (error {errorNumber}).")
    {
        HResult = errorNumber;
        Operation = operation;
        Path = path;
        ErrorNumber = errorNumber;
    }

    /// <summary>With a message of its own.</summary>
    private protected StorageIOException(
        string operation, string path, int errorNumber, string message, Exception? inner)
        : base(message, inner)
    {
        HResult = errorNumber;
        Operation = operation;
        Path = path;
        ErrorNumber = errorNumber;
    }

    /// <summary>The same failure for one more caller.</summary>
    internal StorageIOException(StorageIOException first)
        : base(first.Message, first)
    {
        HResult = first.HResult;
        Operation = first.Operation;
        Path = first.Path;
        ErrorNumber = first.ErrorNumber;
    }

    /// <summary>The operation that failed, such as "write" or "sync".</summary>
    public string Operation { get; }

    /// <summary>The file or directory it failed on.</summary>
    public string Path { get; }

    /// <summary>
    /// The operating system's error number: errno on Unix, and on Windows the errno of the same meaning
    /// (5, an I/O error, where there is none); there the message has the system's own code.
    /// </summary>
    public int ErrorNumber { get; }
}

/// <summary>
/// The directory that was opened is not the one at its path any more, or its LOCK file is not the
/// one that is held: somebody removed, moved or replaced it. Nothing is acknowledged after that: it
/// is the cause of an <see cref="StorageFaultedException"/>.
/// </summary>
public sealed class DirectoryLostException : StorageIOException
{
    /// <summary>Names the directory and what happened to it.</summary>
    internal DirectoryLostException(string directory, string reason, int errorNumber)
        : base("hold", directory, errorNumber, Text(directory, reason), null) => Reason = reason;

    /// <summary>The same for one more caller.</summary>
    internal DirectoryLostException(DirectoryLostException first)
        : base("hold", first.Path, first.ErrorNumber, first.Message, first) =>
        Reason = first.Reason;

    /// <summary>What happened, in words.</summary>
    public string Reason { get; }

    private static string Text(string directory, string reason) =>
        $"The directory '{directory}' was taken away from its writer: {reason}. Nothing more is "
        + "written or acknowledged; find out who did that, and open it again where it is now.";
}
