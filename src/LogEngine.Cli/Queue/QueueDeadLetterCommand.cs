using System.CommandLine;
using System.Globalization;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue dead-letter`: lists or discards dead letters.</summary>
internal static class QueueDeadLetterCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Option<long?> discard = NumberOption.Whole(
            "--discard",
            "Removes the one with this id for good, instead of listing.",
            1,
            long.MaxValue);
        Command command = new("dead-letter", "Lists dead letters with their reasons.")
        {
            place.Directory, place.Name, discard,
        };
        command.SetAction((parsed, cancellationToken) => parsed.GetValue(discard) is { } id
            ? place.RunAsync(
                parsed,
                create: false,
                queue => DiscardAsync(queue, id, cancellationToken),
                cancellationToken)
            : place.LookAsync(
                parsed, queue => ListAsync(io, queue, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> DiscardAsync(
        DurableQueue queue, long id, CancellationToken cancellationToken) =>
        await queue.DeadLetters.DiscardAsync(id, cancellationToken: cancellationToken)
            ? ExitCode.Sound
            : throw new StorageNotFoundException($"there is no dead letter {id}");

    private static async Task<int> ListAsync(
        ToolIO io, DurableQueue queue, CancellationToken cancellationToken)
    {
        BufferedOutput output = new(io.Output);
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync(cancellationToken))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{letter.Id,-10} {letter.DiedAt:u}  delivered {letter.DeliveryCount}"
                + $"{QueuePrinter.Group(letter.GroupId)}  {Text.Escape(letter.Reason)}: "
                + $"{Text.Escape(letter.Body.Span)}"));
        }

        output.Flush();
        return ExitCode.Sound;
    }
}
