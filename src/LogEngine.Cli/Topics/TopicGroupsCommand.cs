using System.CommandLine;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>`topic groups`, also called `lag`: how far each group is behind.</summary>
internal static class TopicGroupsCommand
{
    internal static Command Create(ToolIO io)
    {
        TopicPlace place = new();
        Command command = new(
            "groups",
            "Lists the groups of a topic with the offset that each reads next, and how many records it "
            + "is behind. Read-only, also beside a writer.")
        {
            place.Directory, place.Name,
        };
        command.Aliases.Add("lag");
        command.SetAction((parsed, cancellationToken) => place.LookAsync(
            parsed,
            async topic =>
            {
                LineOutput output = new(io, parsed.WantsJson());
                foreach (GroupStatus group in await topic.ListGroupsAsync(cancellationToken))
                {
                    output.Row(
                        () => $"{group.Cursor,12} {group.Lag,12}  {Text.Escape(group.Name)}",
                        json => Write(json, group));
                }

                output.Flush();
            },
            cancellationToken));
        return command;
    }

    internal static void Write(System.Text.Json.Utf8JsonWriter json, GroupStatus group)
    {
        json.WriteString("group", group.Name);
        json.WriteNumber("cursor", group.Cursor);
        json.WriteNumber("lag", group.Lag);
    }
}
