using System.CommandLine;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>`topic append`, also called `publish`: one record per line.</summary>
internal static class TopicAppendCommand
{
    private const int MostAtOnce = 1000;

    internal static Command Create(ToolIO io)
    {
        TopicPlace place = new();
        Argument<string?> record = new("RECORD")
        {
            Description = "The record; lines of standard input, one record each, if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string[]> headers = MessageArguments.Headers();
        Option<bool> whole = MessageArguments.Whole();
        Command command = new(
            "append", "Appends records; prints their offsets once they are durable.")
        {
            place.Directory, place.Name, record, headers, whole,
        };
        command.Aliases.Add("publish");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // The input first, then whether anything is refused: nothing is made for what is.
            Dictionary<string, string>? given =
                MessageArguments.ParseHeaders(parsed.GetValue(headers));
            byte[]? one = await MessageArguments.ReadOneAsync(
                io, record.Name, parsed.GetValue(record), parsed.GetValue(whole), cancellationToken);
            Stream input = one is null ? io.Input : Stream.Null;
            await Rehearsal.RunAsync(async engine =>
            {
                await using Topic topic = await place.OpenAsync(engine, parsed);
                await topic.AppendAsync(one, given, cancellationToken: cancellationToken);
            });
            await using StorageEngine engine = await EnginePlace.OpenOrCreateAsync(
                parsed.GetValue(place.Directory)!, cancellationToken);
            await using (Topic topic = await place.OpenAsync(engine, parsed))
            {
                LineOutput output = new(io, parsed.WantsJson());
                await (one is null
                    ? AppendAsync(topic, input, given, output, cancellationToken)
                    : AppendAsync(topic, [one], given, output, cancellationToken));
            }

            await engine.CloseAsync();
            return ExitCode.Sound;
        });
        return command;
    }

    private static async Task AppendAsync(
        Topic topic,
        Stream input,
        Dictionary<string, string>? headers,
        LineOutput output,
        CancellationToken cancellationToken)
    {
        LineReader lines = new(input);
        List<ReadOnlyMemory<byte>> some = [];
        do
        {
            while (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                some.Add(line);
                if (some.Count == MostAtOnce)
                {
                    await AppendAsync(topic, some, headers, output, cancellationToken);
                }
            }
        }
        while (await lines.ReadAsync(cancellationToken));
        if (some.Count > 0)
        {
            await AppendAsync(topic, some, headers, output, cancellationToken);
        }
    }

    private static async Task AppendAsync(
        Topic topic,
        List<ReadOnlyMemory<byte>> some,
        Dictionary<string, string>? headers,
        LineOutput output,
        CancellationToken cancellationToken)
    {
        if (headers is null)
        {
            long first = await topic.AppendManyAsync(some, cancellationToken: cancellationToken);
            Print(output, first, some.Count);
        }
        else
        {
            // Records with headers are appended one by one: each is durable when it is printed.
            foreach (ReadOnlyMemory<byte> body in some)
            {
                Print(
                    output,
                    await topic.AppendAsync(body, headers, cancellationToken: cancellationToken),
                    1);
            }
        }

        some.Clear();
    }

    private static void Print(LineOutput output, long first, int count)
    {
        try
        {
            for (long offset = first; offset < first + count; offset++)
            {
                long at = offset;
                output.Row(() => $"{at}", json => json.WriteNumber("offset", at));
            }

            output.Flush();
        }
        catch (OutputFailedException failed)
        {
            throw failed.After($"appended up to offset {first + count - 1}");
        }
    }
}
