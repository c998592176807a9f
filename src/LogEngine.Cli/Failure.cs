using LogEngine.Stores.Migration;

namespace LogEngine.Cli;

/// <summary>A failure in one line, and the exit code it is given.</summary>
internal readonly record struct Failure(int Code, string Line)
{
    internal static Failure Of(Exception error) => error switch
    {
        OperationCanceledException => new(ExitCode.Interrupted, "interrupted"),
        CorruptionException or SnapshotValidationException => new(
            ExitCode.Corruption,
            $"{OneLine(error)} ('verify' lists all damage, 'salvage' copies what is readable)"),
        IncompatibleFormatException => new(ExitCode.NewerFormat, OneLine(error)),
        DirectoryLockedException locked => new(
            ExitCode.Locked,
            $"'{locked.Directory}' is open for writing in another process"
            + (LockHolder.Of(locked.Directory) is { } holder ? $", {holder}" : "")
            + "; end it there, or read beside it with cat, kv get, kv scan, stat, top or verify"),
        MigrationMismatchException => new(ExitCode.Corruption, OneLine(error)),
        MigrationRefusedException { Obstacle: MigrationObstacle.TargetUnfinished } => new(
            ExitCode.Usage, $"{OneLine(error)} (--resume)"),
        MigrationRefusedException => new(ExitCode.Usage, OneLine(error)),
        DirectoryNotEmptyException => new(ExitCode.Usage, OneLine(error)),
        StorageIOException { ErrorNumber: 2, Path: { } path } => new(
            ExitCode.NotFound, $"'{path}' does not exist"),
        StorageNotFoundException or FileNotFoundException or DirectoryNotFoundException => new(
            ExitCode.NotFound, OneLine(error)),
        LogEngineException or IOException or UnauthorizedAccessException => new(
            ExitCode.Failed, OneLine(error)),
        ArgumentException argument => new(ExitCode.Usage, OneLine(argument)),
        _ => new(ExitCode.Failed, $"unexpected {error.GetType().Name}: {OneLine(error)}"),
    };

    /// <summary>A message without what frameworks add on further lines.</summary>
    private static string OneLine(Exception error)
    {
        string message = error.Message.ReplaceLineEndings("\n");
        int end = message.IndexOf('\n', StringComparison.Ordinal);
        string line = end < 0 ? message : message[..end];
        int parameter = line.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return parameter < 0 ? line : line[..parameter];
    }
}
