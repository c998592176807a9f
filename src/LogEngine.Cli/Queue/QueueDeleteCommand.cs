using System.CommandLine;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue delete`: removes one message.</summary>
internal static class QueueDeleteCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Argument<long?> id = NumberOption.Id("ID", "Which message, waiting or dead.");
        id.Arity = ArgumentArity.ExactlyOne;
        Command command = new(
            "delete", "Removes a message for good, by its id; its group goes on with the next.")
        {
            place.Directory, place.Name, id,
        };
        command.SetAction((parsed, cancellationToken) => place.RunAsync(
            parsed,
            create: false,
            async queue =>
            {
                long one = parsed.GetValue(id)!.Value;

                // Nobody has a lease of it: this process has the queue alone, and has given none.
                if (await queue.DeleteMessageAsync(one, cancellationToken: cancellationToken)
                    != MessageDeletion.Deleted)
                {
                    throw new StorageNotFoundException($"there is no message {one}");
                }

                new Outcome($"message {one} removed", ("removed", one)).Say(io, parsed.WantsJson());
                return ExitCode.Sound;
            },
            cancellationToken));
        return command;
    }
}
