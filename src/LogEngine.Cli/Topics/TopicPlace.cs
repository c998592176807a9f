using System.CommandLine;
using LogEngine.Stores.Topics;

namespace LogEngine.Cli.Topics;

/// <summary>Which topic a verb works on, and how it is opened.</summary>
internal sealed class TopicPlace
{
    /// <summary>
    /// What a topic keeps is for the program to say that it belongs to: the tool removes nothing.
    /// </summary>
    private static readonly TopicOptions _keepAll = new() { MaxRecords = long.MaxValue };

    internal Argument<string> Directory { get; } = new("DIR")
    {
        Description = Arguments.Place,
    };

    internal Argument<string> Name { get; } = new("TOPIC") { Description = "The topic's name." };

    /// <summary>Opens a topic of an open engine.</summary>
    internal ValueTask<Topic> OpenAsync(StorageEngine engine, ParseResult parsed) =>
        engine.OpenTopicAsync(parsed.GetValue(Name)!, _keepAll);

    /// <summary>The same; it must be there.</summary>
    /// <exception cref="StorageNotFoundException">There is no such topic.</exception>
    internal async ValueTask<Topic> OpenExistingAsync(StorageEngine engine, ParseResult parsed)
    {
        string name = parsed.GetValue(Name)!;
        return (await engine.ListTopicsAsync()).Contains(name)
            ? await OpenAsync(engine, parsed)
            : throw new StorageNotFoundException($"there is no topic '{name}'");
    }

    /// <summary>Only looks: changes nothing, also beside a process that has it open.</summary>
    internal async Task<int> LookAsync(
        ParseResult parsed, Func<Topic, Task> look, CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
            parsed.GetValue(Directory)!, cancellationToken);
        await using Topic topic = await OpenExistingAsync(engine, parsed);
        await look(topic);
        return ExitCode.Sound;
    }

    /// <summary>Changes a topic that is there, and says a line about it.</summary>
    internal Task<int> ChangeAsync(
        ToolIO io,
        ParseResult parsed,
        Func<Topic, Task<Outcome>> change,
        CancellationToken cancellationToken) => EnginePlace.ChangeAsync(
            io,
            parsed.WantsJson(),
            EnginePlace.OpenAsync(parsed.GetValue(Directory)!, cancellationToken),
            async engine =>
            {
                await using Topic topic = await OpenExistingAsync(engine, parsed);
                return await change(topic);
            });

    /// <exception cref="StorageNotFoundException">The topic has no such group.</exception>
    internal static async Task RequireGroupAsync(Topic topic, string group)
    {
        if (!(await topic.ListGroupsAsync()).Any(known => known.Name == group))
        {
            throw new StorageNotFoundException($"topic '{topic.Name}' has no group '{group}'");
        }
    }
}
