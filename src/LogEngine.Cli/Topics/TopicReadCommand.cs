using System.CommandLine;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>`topic read`: prints records; moves no group.</summary>
internal static class TopicReadCommand
{
    private const int AtOnce = 256;

    internal static Command Create(ToolIO io)
    {
        TopicPlace place = new();
        Option<long?> from = NumberOption.Whole(
            "--from", "First offset; the oldest record's if not given.", 1, long.MaxValue);
        Option<long?> last = NumberOption.Whole(
            "--last", "The last so many records.", 0, long.MaxValue);
        Option<DateTimeOffset?> since = TimeOption.Since(
            "Records appended at that time or later; their times are taken to rise.");
        Option<long?> count = NumberOption.Whole(
            "--count", "Most records; all there are if not given.", 1, long.MaxValue);
        Option<string> format = new("--format")
        {
            Description = "raw: the body and a newline; exact: the body's bytes and nothing else; text: "
                + "offset, tab, body, with a backslash before what would be mistaken; json: an object "
                + "with time and headers.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "exact", "text", "json");
        Command command = new(
            "read", "Prints records; moves no group. Read-only, also beside a writer.")
        {
            place.Directory, place.Name, from, last, since, count, format,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            RequireOne(parsed, from, last, since);
            string chosen = parsed.FormatOf(format);
            return place.LookAsync(
                parsed,
                async topic => await PrintAsync(
                    topic,
                    await FirstAsync(
                        topic,
                        parsed.GetValue(from),
                        parsed.GetValue(last),
                        parsed.GetValue(since),
                        cancellationToken),
                    parsed.GetValue(count) ?? long.MaxValue,
                    new LineOutput(io),
                    chosen,
                    cancellationToken),
                cancellationToken);
        });
        return command;
    }

    /// <summary>Where to begin can be said in one way only.</summary>
    internal static void RequireOne(ParseResult parsed, params Option[] options)
    {
        string[] given =
            [.. options.Where(o => parsed.GetResult(o) is not null).Select(option => option.Name)];
        if (given.Length > 1)
        {
            throw new ArgumentException($"{given[0]} goes without {given[1]}");
        }
    }

    private static async Task<long> FirstAsync(
        Topic topic,
        long? from,
        long? last,
        DateTimeOffset? since,
        CancellationToken cancellationToken)
    {
        long first = await topic.GetFirstOffsetAsync(cancellationToken);
        long next = await topic.GetNextOffsetAsync(cancellationToken);
        return since is { } time ? await FindAsync(topic, first, next, time, cancellationToken)
            : last is { } many ? Math.Max(first, next - Math.Min(many, next - 1))
            : from ?? first;
    }

    /// <summary>Halves what lies between until it is at the first record of that time or later.</summary>
    private static async Task<long> FindAsync(
        Topic topic,
        long first,
        long next,
        DateTimeOffset time,
        CancellationToken cancellationToken)
    {
        while (first < next)
        {
            long middle = first + ((next - first) / 2);
            TopicRead read = await topic.ReadAsync(
                middle, 1, TimeSpan.Zero, cancellationToken);
            if (read.Records.Count == 0 || read.Records[0].AppendedAt >= time)
            {
                next = middle;
            }
            else
            {
                first = read.Records[0].Offset + 1;
            }
        }

        return first;
    }

    private static async Task PrintAsync(
        Topic topic,
        long from,
        long count,
        LineOutput output,
        string format,
        CancellationToken cancellationToken)
    {
        try
        {
            while (count > 0)
            {
                TopicRead read = await topic.ReadAsync(
                    from,
                    (int)Math.Min(count, AtOnce),
                    TimeSpan.Zero,
                    cancellationToken);
                if (read.Records.Count == 0)
                {
                    break;
                }

                foreach (TopicRecord record in read.Records)
                {
                    Print(output, record, format);
                }

                count -= read.Records.Count;
                from = read.Records[^1].Offset + 1;
            }
        }
        catch (LogEngineException)
        {
            // What stands before the damage is right: it is shown first.
            Verdict.ShowBefore(output.Flush);
            throw;
        }

        output.Flush();
    }

    private static void Print(LineOutput output, TopicRecord record, string format)
    {
        switch (format)
        {
            case "json":
                output.Json(json =>
                {
                    json.WriteNumber("offset", record.Offset);
                    json.WriteString("appendedAt", record.AppendedAt);
                    MessageJson.Write(json, record.Headers, record.Body.Span);
                });
                break;
            case "text":
                output.Line($"{record.Offset}\t{Text.Escape(record.Body.Span)}");
                break;
            case "exact":
                output.Raw(record.Body.Span);
                break;
            default:
                output.Raw(record.Body.Span);
                output.Raw("\n"u8);
                break;
        }
    }
}
