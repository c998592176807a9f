using System.CommandLine;
using System.Globalization;
using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>`queue dead-letter`: lists or discards dead letters.</summary>
internal static class QueueDeadLetterCommand
{
    internal static Command Create(ToolIO io)
    {
        QueuePlace place = new();
        Option<long?> discard = new("--discard")
        {
            Description = "Removes the one with this id for good, instead of listing.",
        };
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
            : throw new NotFoundException($"there is no dead letter {id}");

    private static async Task<int> ListAsync(
        ToolIO io, DurableQueue queue, CancellationToken cancellationToken)
    {
        BufferedOutput output = new(io.Output);
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync(cancellationToken))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{letter.Id,-10} {letter.DiedAt:u}  delivered {letter.Deliveries}  "
                + $"{letter.Reason.ReplaceLineEndings(" ")}: "
                + $"{Encoding.UTF8.GetString(letter.Body.Span)}"));
        }

        output.Flush();
        return ExitCode.Sound;
    }
}
