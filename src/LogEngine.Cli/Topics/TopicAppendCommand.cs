using System.CommandLine;
using System.Text;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>`topic append`: one record per line.</summary>
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
        Command command = new(
            "append", "Appends records; prints their offsets once they are durable.")
        {
            place.Directory, place.Name, record,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // The input first, then whether anything is refused: nothing is made for what is.
            Stream input = parsed.GetValue(record) is { } text
                ? new MemoryStream(Encoding.UTF8.GetBytes(text + "\n"))
                : io.Input;
            await Rehearsal.RunAsync(async engine =>
            {
                await using Topic topic = await place.OpenAsync(engine, parsed);
                await topic.AppendAsync(default, cancellationToken: cancellationToken);
            });
            await using StorageEngine engine = await EnginePlace.OpenOrCreateAsync(
                parsed.GetValue(place.Directory)!, cancellationToken);
            await using (Topic topic = await place.OpenAsync(engine, parsed))
            {
                await AppendAsync(topic, input, new BufferedOutput(io.Output), cancellationToken);
            }

            await engine.CloseAsync();
            return ExitCode.Sound;
        });
        return command;
    }

    private static async Task AppendAsync(
        Topic topic, Stream input, BufferedOutput output, CancellationToken cancellationToken)
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
                    await AppendAsync(topic, some, output, cancellationToken);
                }
            }
        }
        while (await lines.ReadAsync(cancellationToken));
        if (some.Count > 0)
        {
            await AppendAsync(topic, some, output, cancellationToken);
        }
    }

    private static async Task AppendAsync(
        Topic topic,
        List<ReadOnlyMemory<byte>> some,
        BufferedOutput output,
        CancellationToken cancellationToken)
    {
        long first = await topic.AppendManyAsync(some, cancellationToken: cancellationToken);
        try
        {
            for (int i = 0; i < some.Count; i++)
            {
                output.WriteLine($"{first + i}");
            }

            output.Flush();
        }
        catch (OutputFailedException failed)
        {
            throw failed.After($"appended up to offset {first + some.Count - 1}");
        }

        some.Clear();
    }
}
