using System.CommandLine;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue send`: one message per line.</summary>
internal static class QueueSendCommand
{
    private const int MostAtOnce = 1000;

    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Argument<string?> message = new("MESSAGE")
        {
            Description = "The message; lines of standard input, one message each, if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<int> lane = new("--lane")
        {
            Description = "Priority lane, 0 (first) to 7.",
            DefaultValueFactory = _ => QueueMessage.DefaultLane,
        };
        Option<double> delay = new("--delay")
        {
            Description = "Seconds before it is delivered.",
        };
        Option<string?> dedupe = new("--dedupe")
        {
            Description = "Deduplication id, for a single message.",
        };
        Command command = new("send", "Enqueues messages; prints their ids once they are durable.")
        {
            place.Directory, place.Name, message, lane, delay, dedupe,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            QueueMessage template = new(default)
            {
                Lane = parsed.GetValue(lane),
                Delay = TimeSpan.FromSeconds(parsed.GetValue(delay)),
                DeduplicationId = parsed.GetValue(dedupe),
            };
            string? text = parsed.GetValue(message);
            if (text is null && template.DeduplicationId is not null)
            {
                throw new ArgumentException("--dedupe goes with a single MESSAGE");
            }

            return place.RunAsync(
                parsed,
                create: true,
                queue => SendAsync(io, queue, template, text, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> SendAsync(
        ToolIO io,
        DurableQueue queue,
        QueueMessage template,
        string? text,
        CancellationToken cancellationToken)
    {
        BufferedOutput output = new(io.Output);
        if (text is not null)
        {
            Print(output, await queue.EnqueueAsync(
                template with { Body = System.Text.Encoding.UTF8.GetBytes(text) },
                cancellationToken: cancellationToken));
            return ExitCode.Sound;
        }

        LineReader lines = new(io.Input);
        List<QueueMessage> some = [];
        do
        {
            while (lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                some.Add(template with { Body = line });
                if (some.Count == MostAtOnce)
                {
                    await SendAsync(output, queue, some, cancellationToken);
                }
            }
        }
        while (await lines.ReadAsync(cancellationToken));
        await SendAsync(output, queue, some, cancellationToken);
        return ExitCode.Sound;
    }

    private static async Task SendAsync(
        BufferedOutput output,
        DurableQueue queue,
        List<QueueMessage> messages,
        CancellationToken cancellationToken)
    {
        foreach (EnqueueResult result in await queue.EnqueueManyAsync(
            messages, cancellationToken: cancellationToken))
        {
            Print(output, result);
        }

        messages.Clear();
    }

    private static void Print(BufferedOutput output, EnqueueResult result)
    {
        output.WriteLine(result.Outcome == EnqueueOutcome.Enqueued
            ? $"{result.Id}"
            : $"{result.Id} duplicate");
        output.Flush();
    }
}
