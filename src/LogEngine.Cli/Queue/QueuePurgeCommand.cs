using System.CommandLine;

namespace LogEngine.Cli.Queue;

/// <summary>`queue purge`: removes all messages.</summary>
internal static class QueuePurgeCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Command command = new("purge", "Removes all messages; dead letters stay.")
        {
            place.Directory, place.Name,
        };
        command.SetAction((parsed, cancellationToken) => place.RunAsync(
            parsed,
            create: false,
            async queue =>
            {
                long removed = await queue.PurgeAsync(cancellationToken: cancellationToken);
                new Outcome($"{removed} removed", ("removed", removed)).Say(io, parsed.WantsJson());
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
