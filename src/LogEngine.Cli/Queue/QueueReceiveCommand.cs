using System.CommandLine;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue receive`: prints and acknowledges.</summary>
internal static class QueueReceiveCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Option<int> count = new("--count")
        {
            Description = "Most messages.",
            DefaultValueFactory = _ => 1,
        };
        Option<double> wait = new("--wait")
        {
            Description = "Seconds to wait for each; none by default.",
        };
        Option<bool> keep = new("--keep")
        {
            Description = "Do not acknowledge: they are counted as delivered and come again.",
        };
        Command command = new(
            "receive", "Prints messages, one per line, and acknowledges each once it is printed.")
        {
            place.Directory, place.Name, count, wait, keep,
        };
        command.SetAction((parsed, cancellationToken) => place.RunAsync(
            parsed,
            create: false,
            async queue =>
            {
                BufferedOutput output = new(io.Output);
                for (int i = 0; i < parsed.GetValue(count); i++)
                {
                    QueueDelivery? delivery = await queue.ReceiveAsync(
                        TimeSpan.FromSeconds(parsed.GetValue(wait)),
                        cancellationToken: cancellationToken);
                    if (delivery is null)
                    {
                        break;
                    }

                    output.Write(delivery.Body.Span);
                    output.WriteByte((byte)'\n');
                    output.Flush();
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
