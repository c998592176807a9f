using System.Reflection;
using LogEngine.AspNetCore;
using LogEngine.Extensions;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>Ids of log events are stable: what operators filter by does not change unseen.</summary>
public sealed class LogEventPageTests
{
    private static readonly IReadOnlyList<(int Id, string Name, LogLevel Level)> _compiled =
    [
        .. new[] { typeof(WriteAheadLog).Assembly, typeof(LogEngineBuilder).Assembly, typeof(CacheOptions).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic
                    | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Mark: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(found => found.Mark is not null)
            .Select(found => (found.Mark!.EventId, found.Method.Name, found.Mark.Level)),
    ];

    [Fact]
    public void Every_event_has_an_id_of_its_own()
    {
        Assert.NotEmpty(_compiled);
        Assert.Distinct(_compiled.Select(found => found.Id));
    }

    [SkippableFact]
    public void The_page_lists_exactly_the_events_that_there_are()
    {
        Assert.Equal(
            _compiled.OrderBy(found => found.Id),
            LoggedEvent.OnPage.Select(row => (row.Id, row.Name, row.Level)).OrderBy(row => row.Id));
    }
}
