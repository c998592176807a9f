using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`cat`: prints records.</summary>
internal static class CatCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.Directory();
        Option<long?> from = NumberOption.Whole(
            "--from", "First sequence; the log's first if not given.", 0, long.MaxValue);
        Option<long?> to = NumberOption.Whole(
            "--to", "Last sequence; the log's last if not given.", 0, long.MaxValue);
        Option<long?> last = NumberOption.Whole(
            "--last", "The last so many records.", 0, long.MaxValue);
        Option<DateTimeOffset?> since = TimeOption.Since("Records of that time or later.");
        Option<bool> follow = new("--follow")
        {
            Description = "Wait for further records and print them too.",
        };
        Option<string> format = new("--format")
        {
            Description = "raw: the record's bytes; json: an object; hex: the bytes in hex; each with a newline. "
                + "exact: the bytes and nothing else.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "exact", "json", "hex");
        Command command = new("cat", "Prints records. Read-only, also beside a writer.")
        {
            directory, from, last, since, to, follow, format,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            Topics.TopicReadCommand.RequireOne(parsed, from, last, since);
            return RunAsync(
                io,
                parsed.GetValue(directory)!,
                new CatOptions(
                    parsed.GetValue(from),
                    parsed.GetValue(to) ?? long.MaxValue,
                    parsed.GetValue(follow),
                    parsed.FormatOf(format))
                {
                    Last = parsed.GetValue(last),
                    Since = parsed.GetValue(since),
                },
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io, string directory, CatOptions options, CancellationToken cancellationToken)
    {
        LogPlace.Require(directory);
        WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory, new WriteAheadLogOptions { ReadOnly = true }, cancellationToken);
        await using (log)
        {
            long from = await FirstAsync(log, options, cancellationToken);
            if (from < 1 || from > log.LastSequence + 1)
            {
                throw new ArgumentException(
                    $"--from {from} is not in the log: it holds sequences {log.FirstSequence} to "
                    + $"{log.LastSequence}");
            }

            await using LogReader reader = log.OpenReader(
                from, new LogReaderOptions { Follow = options.Follow });
            RecordPrinter printer = new(new BufferedOutput(io.Output), options.Format);
            try
            {
                await PrintAsync(reader, printer, options.To, cancellationToken);
            }
            catch (OperationCanceledException) when (options.Follow)
            {
                // How following ends.
            }
            catch (LogEngineException)
            {
                // What stands before the damage is right: it is shown first.
                Verdict.ShowBefore(printer.Flush);
                throw;
            }

            printer.Flush();
            return ExitCode.Sound;
        }
    }

    private static async Task<long> FirstAsync(
        WriteAheadLog log, CatOptions options, CancellationToken cancellationToken) =>
        options.Since is { } time
            ? await log.FindSequenceAsync(time, cancellationToken) ?? log.LastSequence + 1
            : options.Last is { } many
                ? Math.Max(log.FirstSequence, log.LastSequence - Math.Min(many, log.LastSequence) + 1)
                : options.From ?? log.FirstSequence;

    private static async Task PrintAsync(
        LogReader reader, RecordPrinter printer, long to, CancellationToken cancellationToken)
    {
        while (reader.NextSequence <= to)
        {
            if (PrintAvailable(reader, printer, to, cancellationToken))
            {
                return;
            }

            ValueTask<bool> more = reader.WaitToReadAsync(cancellationToken);
            if (!more.IsCompleted)
            {
                printer.Flush();
            }

            if (!await more)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Prints what can be read without waiting; true once the last one wanted is out.
    /// </summary>
    private static bool PrintAvailable(
        LogReader reader, RecordPrinter printer, long to, CancellationToken cancellationToken)
    {
        while (reader.TryRead(out StoredRecord record))
        {
            printer.Print(record);
            if (record.Sequence >= to)
            {
                return true;
            }

            if ((record.Sequence & 0xFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return false;
    }
}
