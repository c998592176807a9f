using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue peek`: shows what is next.</summary>
internal static class QueuePeekCommand
{
    private const int DefaultCount = 10;
    private const int MaxCount = 1000;

    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Option<int?> count = NumberOption.Whole(
            "--count", "Most messages; 10 if not given.", 1, MaxCount);
        Command command = new("peek", "Shows the next ready messages; changes nothing.")
        {
            place.Directory, place.Name, count,
        };
        command.SetAction((parsed, cancellationToken) => place.LookAsync(
            parsed,
            async queue =>
            {
                LineOutput output = new(io, parsed.WantsJson());
                foreach (PeekedMessage message in await queue.PeekAsync(
                    parsed.GetValue(count) ?? DefaultCount, cancellationToken))
                {
                    output.Row(() => Describe(message), json => Write(json, message));
                }

                output.Flush();
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }

    private static string Describe(PeekedMessage message) => string.Create(
        CultureInfo.InvariantCulture,
        $"{message.Id,-10} lane {message.Lane}  {message.EnqueuedAt:u}  delivered "
        + $"{message.DeliveryCount}{QueuePrinter.Group(message.GroupId)}  "
        + $"{Text.Escape(message.Body.Span)}");

    private static void Write(Utf8JsonWriter json, PeekedMessage message)
    {
        QueuePrinter.WriteHead(
            json, message.Id, message.Lane, message.GroupId, message.DeliveryCount);
        json.WriteString("enqueuedAt", message.EnqueuedAt);
        MessageJson.Write(json, message.Headers, message.Body.Span);
    }
}
