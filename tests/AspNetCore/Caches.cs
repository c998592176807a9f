using System.Text;
using Microsoft.Extensions.Logging;

namespace LogEngine.AspNetCoreTests;

/// <summary>Services with both caches on an engine that the test opened.</summary>
internal static class Caches
{
    internal static ServiceProvider On(StorageEngine engine, ILoggerProvider? told = null)
    {
        ServiceCollection services = [];
        services.AddLogging(logging =>
        {
            if (told is not null)
            {
                logging.AddProvider(told);
            }
        });
        services.AddSingleton(engine);
        services.AddLogEngineDistributedCache();
        services.AddLogEngineOutputCache();
        return services.BuildServiceProvider();
    }

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}

/// <summary>The ids of the events that were logged, and their texts.</summary>
internal sealed class Told : ILoggerProvider, ILogger
{
    private readonly List<(int Id, string Text)> _events = [];

    internal int[] Ids
    {
        get
        {
            lock (_events)
            {
                return [.. _events.Select(told => told.Id)];
            }
        }
    }

    internal string[] Texts
    {
        get
        {
            lock (_events)
            {
                return [.. _events.Select(told => told.Text)];
            }
        }
    }

    /// <summary>What is less is not kept.</summary>
    internal LogLevel Least { get; init; } = LogLevel.Warning;

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= Least;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        lock (_events)
        {
            _events.Add((eventId.Id, formatter(state, exception)));
        }
    }
}
