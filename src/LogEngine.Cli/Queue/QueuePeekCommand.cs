using System.CommandLine;
using System.Globalization;
using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue peek`: shows what is next.</summary>
internal static class QueuePeekCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Option<int> count = new("--count")
        {
            Description = "Most messages, up to 1,000.",
            DefaultValueFactory = _ => 10,
        };
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
                    parsed.GetValue(count), cancellationToken))
                {
                    output.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{message.Id,-10} lane {message.Lane}  {message.EnqueuedAt:u}  delivered "
                        + $"{message.Deliveries}  {Encoding.UTF8.GetString(message.Body.Span)}"));
                }

                output.Flush();
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
