using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using LogEngine.Cli.Benching;
using LogEngine.Cli.Help;
using LogEngine.Cli.Live;
using LogEngine.Cli.StoreDumps;
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
            if (args.Count > 0 && args[0] == Completion.Verb)
            {
                return Complete(io, [.. args.Skip(1)]);
            }

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

    private static int Complete(ToolIO io, string[] args)
    {
        BufferedOutput output = new(io.Output);
        foreach (string word in Completion.Of(Root(io), Completion.WordsOf(args)))
        {
            output.WriteLine(word);
        }

        output.Flush();
        return ExitCode.Sound;
    }

    private static string Describe(ParseResult parsed) => parsed.UnmatchedTokens.Count > 0
        ? $"unknown command or argument '{Text.Escape(parsed.UnmatchedTokens[0])}'"
            + (TypoHint.Of(parsed.UnmatchedTokens[0], parsed.CommandResult.Command) is { } meant
                ? $": did you mean '{meant}'?"
                : "")
        : string.Join(
            ' ',
            parsed.Errors[0].Message.TrimEnd('.')
                .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static async Task<int> Invoke(
        ParseResult parsed, ToolIO io, CancellationToken cancellationToken)
    {
        await using StreamWriter output = new(io.Output, leaveOpen: true);
        int code = await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = output,
                Error = io.Error,
            },
            cancellationToken);
        if (parsed.Action is HelpAction)
        {
            await WriteExamplesAsync(output, HelpExamples.Of(PathOf(parsed.CommandResult)));
        }

        return code;
    }

    private static async Task WriteExamplesAsync(StreamWriter output, IReadOnlyList<string> examples)
    {
        if (examples.Count == 0)
        {
            return;
        }

        await output.WriteLineAsync("Examples:");
        foreach (string example in examples)
        {
            await output.WriteLineAsync($"  {example}");
        }

        await output.WriteLineAsync();
    }

    /// <summary>The names of a command and of those that it is under, but for the tool's own.</summary>
    private static string PathOf(CommandResult result) => result.Parent is CommandResult parent
        ? $"{PathOf(parent)} {result.Command.Name}".TrimStart()
        : "";

    internal static RootCommand Root(ToolIO io)
    {
        RootCommand root = Verbs(io);
        JsonChoice.AddTo(root);
        return root;
    }

    private static RootCommand Verbs(ToolIO io) => new(
        "Works on LogEngine directories: durable, segmented write-ahead logs, and storage engines "
        + "on top of them.\n\n"
        + "Exit codes: 0 sound, 1 usage, 2 I/O error or fault, 3 corruption, 4 locked by another "
        + "process, 5 newer format, 6 not found, 130 interrupted.")
    {
        ListCommand.Create(io),
        TopCommand.Create(io),
        AppendCommand.Create(io),
        CatCommand.Create(io),
        StatCommand.Create(io),
        VerifyCommand.Create(io),
        DumpCommand.Create(io),
        LoadCommand.Create(io),
        SalvageCommand.Create(io),
        KvCommand.Create(io),
        BackupCommand.Create(io),
        RestoreCommand.Create(io),
        CompactCommand.Create(io),
        SnapshotCommand.Create(io),
        MigrateCommand.Create(io),
        BenchCommand.Create(io),
        DocCommand.Create(io),
        BlobCommand.Create(io),
        RunCommand.Create(io),
        CheckpointCommand.Create(io),
        Queue.QueueCommand.Create(io),
        Topics.TopicCommand.Create(io),
        CompletionCommand.Create(io),
    };

    private static int Complain(ToolIO io, int code, string line)
    {
        io.Tell($"logengine: {line}");
        return code;
    }
}
