using System.CommandLine;

namespace LogEngine.Cli.Queue;

/// <summary>`queue replay`: enqueues dead letters anew.</summary>
internal static class QueueReplayCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Argument<long?> id = NumberOption.Id("ID", "Which dead letter; all of them if not given.");
        Command command = new("replay", "Enqueues dead letters anew.")
        {
            place.Directory, place.Name, id,
        };
        command.SetAction((parsed, cancellationToken) => place.RunAsync(
            parsed,
            create: false,
            async queue =>
            {
                long replayed = parsed.GetValue(id) is not { } one
                    ? await queue.DeadLetters.ReplayAllAsync(cancellationToken: cancellationToken)
                    : await queue.DeadLetters.ReplayAsync(one, cancellationToken: cancellationToken)
                        ? 1
                        : throw new StorageNotFoundException($"there is no dead letter {one}");
                new Outcome($"{replayed} replayed", ("replayed", replayed)).Say(io, parsed.WantsJson());
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
