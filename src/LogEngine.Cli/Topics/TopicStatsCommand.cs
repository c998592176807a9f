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
                LineOutput output = new(io);
                output.Line($"first       {await topic.GetFirstOffsetAsync(cancellationToken)}");
                output.Line($"next        {await topic.GetNextOffsetAsync(cancellationToken)}");
                foreach (GroupStatus group in await topic.ListGroupsAsync(cancellationToken))
                {
                    output.Line(
                        $"group       {Text.Escape(group.Name)}, at {group.Cursor}, {group.Lag} behind");
                }

                output.Flush();
            },
            cancellationToken));
        return command;
    }
}
