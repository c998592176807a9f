using System.CommandLine;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue stats`: what is in a queue.</summary>
internal static class QueueStatsCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Command command = new("stats", "Counts what is in a queue.")
        {
            place.Directory, place.Name,
        };
        command.SetAction((parsed, cancellationToken) => place.LookAsync(
            parsed,
            async queue =>
            {
                QueueStatistics statistics = await queue.GetStatisticsAsync(cancellationToken);
                BufferedOutput output = new(io.Output);
                output.WriteLine($"ready       {statistics.Ready}");
                output.WriteLine($"scheduled   {statistics.Scheduled}");
                output.WriteLine($"held back   {statistics.HeldBack}");
                output.WriteLine($"dead        {statistics.Dead}");
                output.WriteLine($"bytes       {statistics.Bytes}");
                output.Flush();
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
