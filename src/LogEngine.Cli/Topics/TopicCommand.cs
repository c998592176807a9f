using System.CommandLine;

namespace LogEngine.Cli.Topics;

/// <summary>`topic`: works on topics by hand.</summary>
internal static class TopicCommand
{
    internal static Command Create(ToolIO io) => new(
        "topic", "Works on the topics of a storage engine.")
    {
        TopicAppendCommand.Create(io),
        TopicReadCommand.Create(io),
        TopicStatsCommand.Create(io),
        TopicGroupsCommand.Create(io),
        TopicResetCommand.Create(io),
        TopicDropGroupCommand.Create(io),
    };
}
