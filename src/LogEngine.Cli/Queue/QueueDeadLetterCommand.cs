using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LogEngine.Cli.Stores;
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
                queue => DiscardAsync(io, parsed, queue, id, cancellationToken),
                cancellationToken)
            : place.LookAsync(
                parsed,
                queue => ListAsync(
                    new LineOutput(io, parsed.WantsJson()), queue, cancellationToken),
                cancellationToken));
        return command;
    }

    private static async Task<int> DiscardAsync(
        ToolIO io,
        ParseResult parsed,
        DurableQueue queue,
        long id,
        CancellationToken cancellationToken)
    {
        if (!await queue.DeadLetters.DiscardAsync(id, cancellationToken: cancellationToken))
        {
            throw new StorageNotFoundException($"there is no dead letter {id}");
        }

        if (parsed.WantsJson())
        {
            new Outcome("", ("removed", id)).Say(io, asJson: true);
        }

        return ExitCode.Sound;
    }

    private static async Task<int> ListAsync(
        LineOutput output, DurableQueue queue, CancellationToken cancellationToken)
    {
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync(cancellationToken))
        {
            output.Row(() => Describe(letter), json => Write(json, letter));
        }

        output.Flush();
        return ExitCode.Sound;
    }

    private static string Describe(DeadLetter letter) => string.Create(
        CultureInfo.InvariantCulture,
        $"{letter.Id,-10} {letter.DiedAt:u}  delivered {letter.DeliveryCount}"
        + $"{QueuePrinter.Group(letter.GroupId)}  {Text.Escape(letter.Reason)}: "
        + $"{Text.Escape(letter.Body.Span)}");

    private static void Write(Utf8JsonWriter json, DeadLetter letter)
    {
        QueuePrinter.WriteHead(
            json, letter.Id, letter.Lane, letter.GroupId, letter.DeliveryCount);
        json.WriteString("enqueuedAt", letter.EnqueuedAt);
        json.WriteString("diedAt", letter.DiedAt);
        json.WriteString("reason", letter.Reason);
        MessageJson.Write(json, letter.Headers, letter.Body.Span);
    }
}
