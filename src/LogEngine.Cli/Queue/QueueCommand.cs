using System.CommandLine;

namespace LogEngine.Cli.Queue;

/// <summary>`queue`: works on durable queues by hand.</summary>
internal static class QueueCommand
{
    internal static Command Create(ToolIO io) => new(
        "queue", "Works on the durable queues of a storage engine.")
    {
        QueueSendCommand.Create(io),
        QueueReceiveCommand.Create(io),
        QueuePeekCommand.Create(io),
        QueueStatsCommand.Create(io),
        QueueDeadLetterCommand.Create(io),
        QueueReplayCommand.Create(io),
        QueueDeleteCommand.Create(io),
        QueuePurgeCommand.Create(io),
    };
}
