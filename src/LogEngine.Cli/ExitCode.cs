namespace LogEngine.Cli;

/// <summary>What the process ends with; README.md has the same as a table.</summary>
internal static class ExitCode
{
    /// <summary>Done; what was looked at is sound.</summary>
    internal const int Sound = 0;

    /// <summary>The command line or the input is wrong; nothing was done, or it says what was.</summary>
    internal const int Usage = 1;

    /// <summary>The operating system refused, or the log faulted.</summary>
    internal const int Failed = 2;

    /// <summary>Something durable is damaged or missing.</summary>
    internal const int Corruption = 3;

    /// <summary>Another process has the log open for writing.</summary>
    internal const int Locked = 4;

    /// <summary>A newer version wrote it.</summary>
    internal const int NewerFormat = 5;

    /// <summary>What was named is not there: a directory, a file, a store, a key, a message.</summary>
    internal const int NotFound = 6;

    /// <summary>Ended by a signal before it was done, as shells say it of SIGINT.</summary>
    internal const int Interrupted = 130;
}
