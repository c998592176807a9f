using System.CommandLine;

namespace LogEngine.Cli.Topics;

/// <summary>`topic drop-group`: removes a group that nobody reads as any more.</summary>
internal static class TopicDropGroupCommand
{
    internal static Command Create(ToolIO io)
    {
        TopicPlace place = new();
        Argument<string> group = new("GROUP") { Description = "The group." };
        Command command = new(
            "drop-group", "Removes a group with its cursor: the topic waits for it no longer.")
        {
            place.Directory, place.Name, group,
        };
        command.SetAction((parsed, cancellationToken) => place.ChangeAsync(
            io,
            parsed,
            async topic =>
            {
                string name = parsed.GetValue(group)!;
                await TopicPlace.RequireGroupAsync(topic, name);
                await topic.DeleteGroupAsync(name, cancellationToken);
                return new Outcome($"group '{Text.Escape(name)}' removed", ("removed", name));
            },
            cancellationToken));
        return command;
    }
}
