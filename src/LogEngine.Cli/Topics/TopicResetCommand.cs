using System.CommandLine;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>`topic reset`: moves a group, back or forward.</summary>
internal static class TopicResetCommand
{
    internal static Command Create(ToolIO io)
    {
        TopicPlace place = new();
        Argument<string> group = new("GROUP") { Description = "The group." };
        Option<long?> to = NumberOption.Whole(
            "--to", "Offset that it reads next; beyond the end counts as the end.", 1, long.MaxValue);
        to.Required = true;
        Command command = new("reset", "Moves a group, back or forward; prints where it stands.")
        {
            place.Directory, place.Name, group, to,
        };
        command.SetAction((parsed, cancellationToken) => place.ChangeAsync(
            io,
            parsed,
            async topic =>
            {
                string name = parsed.GetValue(group)!;
                await TopicPlace.RequireGroupAsync(topic, name);
                ConsumerGroup moved = await topic.GetGroupAsync(
                    name, cancellationToken: cancellationToken);
                await moved.ResetAsync(
                    parsed.GetValue(to)!.Value, cancellationToken: cancellationToken);
                return new Outcome($"{moved.Cursor}", ("group", name), ("cursor", moved.Cursor));
            },
            cancellationToken));
        return command;
    }
}
