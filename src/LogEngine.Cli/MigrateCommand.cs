using System.CommandLine;
using System.Globalization;
using LogEngine.Stores.Migration;

namespace LogEngine.Cli;

/// <summary>`migrate`: copies everything from one store to another.</summary>
internal static class MigrateCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> from = new("FROM") { Description = Arguments.Place };
        Argument<string> to = new("TO")
        {
            Description = "The same, of what it goes to: missing or empty, or begun before.",
        };
        Option<bool> resume = new("--resume")
        {
            Description = "Go on with a migration that was begun, or begin it.",
        };
        Option<bool> ahead = new("--ahead")
        {
            Description = "FROM is still in use: copy what is there now but for queues, and leave the "
                + "rest to --resume.",
        };
        Option<bool> noVerify = new("--no-verify")
        {
            Description = "Do not read everything back and compare it at the end.",
        };
        Command command = new(
            "migrate",
            "Copies everything from a storage engine to another, in files or on PostgreSQL, and verifies "
            + "it. FROM is only read.")
        {
            from, to, resume, ahead, noVerify,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            MigrationOptions options = new()
            {
                Resume = parsed.GetValue(resume),
                Ahead = parsed.GetValue(ahead),
                Verify = !parsed.GetValue(noVerify),
            };
            MigrationReport report = await RunAsync(
                io, parsed.GetValue(from)!, parsed.GetValue(to)!, options, cancellationToken);
            Describe(report).Say(io, parsed.WantsJson());
            return ExitCode.Sound;
        });
        return command;
    }

    private static async Task<MigrationReport> RunAsync(
        ToolIO io, string from, string to, MigrationOptions options, CancellationToken cancellationToken)
    {
        await RequireAtRestAsync(from, options, cancellationToken);
        await using StorageEngine source = await EnginePlace.OpenReadOnlyAsync(from, cancellationToken);
        await using StorageEngine target = await EnginePlace.OpenOrCreateAsync(to, cancellationToken);
        MigrationReport report = await ProgressBar.RunAsync<MigrationProgress, MigrationReport>(
            io,
            "migrate",
            Describe,
            progress => EngineMigration.RunAsync(source, target, options, progress, cancellationToken));
        await target.CloseAsync();
        await RequireAtRestAsync(from, options, cancellationToken);
        return report;
    }

    /// <summary>
    /// What a program writes after the last copy would be lost, so it must have ended. Of a database nobody
    /// can say who is using it.
    /// </summary>
    /// <exception cref="DirectoryLockedException">Somebody has it open for writing.</exception>
    private static async Task RequireAtRestAsync(
        string from, MigrationOptions options, CancellationToken cancellationToken)
    {
        if (options.Ahead || EnginePlace.IsDatabase(from))
        {
            return;
        }

        LogPlace.Require(from, "storage engine");
        DirectoryStat stat = await LogDirectory.StatAsync(from, cancellationToken: cancellationToken);
        if (stat.HasWriter == true)
        {
            throw new DirectoryLockedException(from, "another process");
        }
    }

    private static Outcome Describe(MigrationReport report)
    {
        string done = string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Copied} copied, {report.Removed} removed, {report.CopiedBytes} bytes");
        string verified = report.Checks.Count == 0
            ? "; not verified"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"; {report.Checks.Sum(check => check.Count)} verified in {report.Checks.Count} parts");
        return new Outcome(
            done + verified + (report.IsComplete
                ? ""
                : "; unfinished: --resume copies what changes from now on, and the queues"),
            ("copied", report.Copied),
            ("removed", report.Removed),
            ("bytesCopied", report.CopiedBytes),
            ("verified", report.Checks.Sum(check => check.Count)),
            ("complete", report.IsComplete));
    }

    private static string Describe(MigrationProgress progress)
    {
        string step = progress.Step == MigrationStep.Verifying ? "verifying" : "copying";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{step} {Text.Escape(progress.Keyspace)}; {progress.Keys} keys, {progress.Bytes / 1e6:F1} MB so far");
    }
}
