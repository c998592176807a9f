namespace LogEngine.Unit.Telemetry;

/// <summary>Each event of the page happens, and is told where and how the page says.</summary>
public sealed class LogEventTests
{
    private static readonly Dictionary<int, Func<CollectedEvents, Task>> _scenes = new(
        LogScenes.All.Concat(EngineScenes.All).Concat(StoreScenes.All).Concat(HostScenes.All).Concat(WebScenes.All));

    public static TheoryData<LoggedEvent> Rows => new(LoggedEvent.OnPage);

    [SkippableTheory]
    [MemberData(nameof(Rows), DisableDiscoveryEnumeration = true)]
    public async Task Every_event_of_the_page_is_told_when_it_happens(LoggedEvent row)
    {
        CollectedEvents events = new();
        Assert.True(_scenes.ContainsKey(row.Id), $"no scene makes event {row.Id} happen");
        await _scenes[row.Id](events);
        await Eventually.IsTrueAsync(() => events.Has(row.Id), $"{row} is told");
        Assert.Contains(row, events.All.Select(logged => logged.Event));
        Assert.DoesNotContain(events.All, logged => logged.Thread == "LogEngine committer");
    }

    /// <summary>
    /// The preparer logs, and whatever is thrown on its thread faults the log: a sink that threw
    /// would have.
    /// </summary>
    [Fact]
    public async Task A_logger_that_throws_harms_nothing()
    {
        CollectedEvents events = new() { OnLog = () => throw new InvalidOperationException("sink") };
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options() with { LoggerFactory = events });
        SmallLogs.Append(log, 20, 8000);
        await Eventually.IsTrueAsync(() => events.Has(5), "the preparer has told of a segment");
        log.Append(new byte[10]);
        Assert.False(log.Faulted.IsCompleted);
    }
}
