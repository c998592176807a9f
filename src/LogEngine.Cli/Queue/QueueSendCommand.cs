using System.CommandLine;
using LogEngine.Cli.Stores;
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
        Option<int?> lane = NumberOption.Whole(
            "--lane", $"Priority lane, 0 (first) to 7; {QueueMessage.DefaultLane} if not given.", 0, 7);
        Option<TimeSpan?> delay = NumberOption.Seconds(
            "--delay", "Seconds before it is delivered.");
        Option<string?> dedupe = new("--dedupe")
        {
            Description = "Deduplication id, for a single message.",
        };
        Option<string?> group = new("--group")
        {
            Description = "Group: its messages are delivered one after the other, in order.",
        };
        Option<string[]> headers = MessageArguments.Headers();
        Option<bool> whole = MessageArguments.Whole();
        Command command = new("send", "Enqueues messages; prints their ids once they are durable.")
        {
            place.Directory, place.Name, message, lane, delay, dedupe, group, headers, whole,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            QueueMessage template = new(default)
            {
                Lane = parsed.GetValue(lane) ?? QueueMessage.DefaultLane,
                Delay = parsed.GetValue(delay) ?? TimeSpan.Zero,
                GroupId = parsed.GetValue(group),
                DeduplicationId = parsed.GetValue(dedupe),
                Headers = MessageArguments.ParseHeaders(parsed.GetValue(headers)),
            };

            // The input first, then whether anything is refused: nothing is made for what is.
            byte[]? one = await MessageArguments.ReadOneAsync(
                io, message.Name, parsed.GetValue(message), parsed.GetValue(whole), cancellationToken);
            if (one is null && template.DeduplicationId is not null)
            {
                throw new ArgumentException("--dedupe goes with a single MESSAGE");
            }

            Stream input = one is null ? io.Input : Stream.Null;
            await Rehearsal.RunAsync(async engine =>
            {
                await using DurableQueue queue = await engine.OpenQueueAsync(
                    parsed.GetValue(place.Name)!, cancellationToken: cancellationToken);
                await queue.EnqueueAsync(template with { Body = one }, null, cancellationToken);
            });
            LineOutput output = new(io, parsed.WantsJson());
            return await place.RunAsync(
                parsed,
                create: true,
                queue => one is not null
                    ? SendOneAsync(output, queue, template with { Body = one }, cancellationToken)
                    : SendLinesAsync(output, queue, template, input, cancellationToken),
                cancellationToken);
        });
        return command;
    }

    private static async Task<int> SendOneAsync(
        LineOutput output,
        DurableQueue queue,
        QueueMessage message,
        CancellationToken cancellationToken)
    {
        EnqueueResult result = await queue.EnqueueAsync(
            message, cancellationToken: cancellationToken);
        Print(output, [result]);
        return ExitCode.Sound;
    }

    private static async Task<int> SendLinesAsync(
        LineOutput output,
        DurableQueue queue,
        QueueMessage template,
        Stream input,
        CancellationToken cancellationToken)
    {
        LineReader lines = new(input);
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
        LineOutput output,
        DurableQueue queue,
        List<QueueMessage> messages,
        CancellationToken cancellationToken)
    {
        Print(output, await queue.EnqueueManyAsync(messages, cancellationToken: cancellationToken));
        messages.Clear();
    }

    private static void Print(LineOutput output, IReadOnlyList<EnqueueResult> results)
    {
        try
        {
            foreach (EnqueueResult result in results)
            {
                bool duplicate = result.Outcome != EnqueueOutcome.Enqueued;
                output.Row(
                    () => duplicate ? $"{result.Id} duplicate" : $"{result.Id}",
                    json =>
                    {
                        json.WriteNumber("id", result.Id);
                        json.WriteBoolean("duplicate", duplicate);
                    });
            }

            output.Flush();
        }
        catch (OutputFailedException failed)
        {
            throw failed.After($"enqueued up to message {results.Max(result => result.Id)}");
        }
    }
}
