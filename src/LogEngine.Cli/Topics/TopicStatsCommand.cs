using System.CommandLine;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>`topic stats`: offsets of a topic and its groups.</summary>
internal static class TopicStatsCommand
{
    internal static Command Create(ToolIO io)
    {
        TopicPlace place = new();
        Command command = new("stats", "Says which offsets a topic holds and where its groups stand.")
        {
            place.Directory, place.Name,
        };
        command.SetAction((parsed, cancellationToken) => place.LookAsync(
            parsed,
            async topic =>
            {
                long first = await topic.GetFirstOffsetAsync(cancellationToken);
                long next = await topic.GetNextOffsetAsync(cancellationToken);
                IReadOnlyList<GroupStatus> groups = await topic.ListGroupsAsync(cancellationToken);
                LineOutput output = new(io, parsed.WantsJson());
                output.Row(
                    () => string.Join(
                        '\n',
                        [$"first       {first}", $"next        {next}", .. groups.Select(Describe)]),
                    json =>
                    {
                        json.WriteNumber("first", first);
                        json.WriteNumber("next", next);
                        json.WriteStartArray("groups");
                        foreach (GroupStatus group in groups)
                        {
                            json.WriteStartObject();
                            TopicGroupsCommand.Write(json, group);
                            json.WriteEndObject();
                        }

                        json.WriteEndArray();
                    });
                output.Flush();
            },
            cancellationToken));
        return command;
    }

    private static string Describe(GroupStatus group) =>
        $"group       {Text.Escape(group.Name)}, at {group.Cursor}, {group.Lag} behind";
}
