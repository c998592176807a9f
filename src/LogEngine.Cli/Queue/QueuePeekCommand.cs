using System.CommandLine;
using System.Globalization;
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
                BufferedOutput output = new(io.Output);
                foreach (PeekedMessage message in await queue.PeekAsync(
                    parsed.GetValue(count) ?? DefaultCount, cancellationToken))
                {
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{message.Id,-10} lane {message.Lane}  {message.EnqueuedAt:u}  delivered "
                        + $"{message.DeliveryCount}{QueuePrinter.Group(message.GroupId)}  {Text.Escape(message.Body.Span)}"));
                }

                output.Flush();
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
