using System.CommandLine;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue receive`: prints and acknowledges.</summary>
internal static class QueueReceiveCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Option<long?> count = NumberOption.Whole(
            "--count", "Most messages; 1 if not given.", 1, long.MaxValue);
        Option<TimeSpan?> wait = NumberOption.Seconds(
            "--wait", "Seconds to wait for each; none by default.");
        Option<string> format = QueuePrinter.Format();
        Option<bool> keep = new("--keep")
        {
            Description = "Do not acknowledge: they are counted as delivered and come again.",
        };
        Command command = new(
            "receive", "Prints messages and acknowledges each once it is printed.")
        {
            place.Directory, place.Name, count, wait, keep, format,
        };
        command.SetAction((parsed, cancellationToken) => place.RunAsync(
            parsed,
            create: false,
            async queue =>
            {
                QueuePrinter printer = new(io, parsed.FormatOf(format));
                long most = parsed.GetValue(count) ?? 1;
                for (long i = 0; i < most; i++)
                {
                    QueueDelivery? delivery = await queue.ReceiveAsync(
                        parsed.GetValue(wait) ?? TimeSpan.Zero,
                        cancellationToken: cancellationToken);
                    if (delivery is null)
                    {
                        break;
                    }

                    printer.Print(delivery);
                    if (!parsed.GetValue(keep))
                    {
                        await delivery.AcknowledgeAsync();
                    }
                }

                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
