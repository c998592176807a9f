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
        Option<long?> count = NumberOption.Whole(
            "--count", "Most records; all there are if not given.", 1, long.MaxValue);
        Option<string> format = new("--format")
        {
            Description = "raw: the body and a newline; text: offset, tab, body, with a backslash "
                + "before what would be mistaken; json: an object.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "text", "json");
        Command command = new(
            "read", "Prints records; moves no group. Read-only, also beside a writer.")
        {
            place.Directory, place.Name, from, count, format,
        };
        command.SetAction((parsed, cancellationToken) => place.LookAsync(
            parsed,
            async topic => await PrintAsync(
                topic,
                parsed.GetValue(from) ?? await topic.GetFirstOffsetAsync(cancellationToken),
                parsed.GetValue(count) ?? long.MaxValue,
                new LineOutput(io),
                parsed.GetValue(format)!,
                cancellationToken),
            cancellationToken));
        return command;
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
            default:
                output.Raw(record.Body.Span);
                output.Raw("\n"u8);
                break;
        }
    }
}
