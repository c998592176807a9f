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
                new Outcome(
                    $"ready       {statistics.Ready}\n"
                    + $"scheduled   {statistics.Scheduled}\n"
                    + $"held back   {statistics.HeldBack}\n"
                    + $"dead        {statistics.Dead}\n"
                    + $"bytes       {Text.Bytes(statistics.Bytes)}",
                    ("ready", statistics.Ready),
                    ("scheduled", statistics.Scheduled),
                    ("heldBack", statistics.HeldBack),
                    ("dead", statistics.Dead),
                    ("bytes", statistics.Bytes)).Show(io, parsed.WantsJson());
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
