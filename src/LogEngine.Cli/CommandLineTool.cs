using System.CommandLine;
using System.CommandLine.Invocation;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>The tool as a function: arguments and streams in, exit code out.</summary>
internal static class CommandLineTool
{
    /// <summary>An argument is what it is: one that begins with '@' names no file.</summary>
    private static ParserConfiguration Literal { get; } = new() { ResponseFileTokenReplacer = null };

    internal static async Task<int> RunAsync(
        IReadOnlyList<string> args, ToolIO io, CancellationToken cancellationToken)
    {
        io = io with { Output = new CheckedOutput(io.Output) };
        try
        {
            ParseResult parsed = Root(io).Parse(args, Literal);
            if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            {
                return Complain(io, ExitCode.Usage, $"{Describe(parsed)} (see --help)");
            }

            return await Invoke(parsed, io, cancellationToken);
        }
        catch (ClosedOutputException)
        {
            // Whoever read has had enough: `logengine cat DIR | head`.
            return ExitCode.Sound;
        }
        catch (Exception error)
        {
            (int code, string line) = Failure.Of(error);
            return Complain(io, code, line);
        }
    }

    private static string Describe(ParseResult parsed) => parsed.UnmatchedTokens.Count > 0
        ? $"unknown command or argument '{parsed.UnmatchedTokens[0]}'"
        : string.Join(
            ' ',
            parsed.Errors[0].Message.TrimEnd('.')
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static async Task<int> Invoke(
        ParseResult parsed, ToolIO io, CancellationToken cancellationToken)
    {
        await using StreamWriter output = new(io.Output, leaveOpen: true);
        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = output,
                Error = io.Error,
            },
            cancellationToken);
    }

    internal static RootCommand Root(ToolIO io) => new(
        "Works on LogEngine directories: durable, segmented write-ahead logs, and storage engines "
        + "on top of them.\n\n"
        + "Exit codes: 0 sound, 1 usage, 2 I/O error or fault, 3 corruption, 4 locked by another "
        + "process, 5 newer format, 6 not found, 130 interrupted.")
    {
        ListCommand.Create(io),
        AppendCommand.Create(io),
        CatCommand.Create(io),
        StatCommand.Create(io),
        VerifyCommand.Create(io),
        DumpCommand.Create(io),
        SalvageCommand.Create(io),
        KvCommand.Create(io),
        BackupCommand.Create(io),
        RestoreCommand.Create(io),
        CompactCommand.Create(io),
        SnapshotCommand.Create(io),
        MigrateCommand.Create(io),
        DocCommand.Create(io),
        BlobCommand.Create(io),
        RunCommand.Create(io),
        CheckpointCommand.Create(io),
        Queue.QueueCommand.Create(io),
        Topics.TopicCommand.Create(io),
    };

    private static int Complain(ToolIO io, int code, string line)
    {
        io.Tell($"logengine: {line}");
        return code;
    }
}
