using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>Loggers that keep what they are told, with the thread that told it.</summary>
internal sealed class CollectedEvents : ILoggerFactory
{
    private readonly ConcurrentQueue<(LoggedEvent Event, string Text, string? Thread)> _all = [];

    /// <summary>What loggers do besides; throws where a broken sink is wanted.</summary>
    internal Action OnLog { get; init; } = static () => { };

    internal IReadOnlyCollection<(LoggedEvent Event, string Text, string? Thread)> All => _all;

    internal bool Has(int id) => _all.Any(logged => logged.Event.Id == id);

    public ILogger CreateLogger(string categoryName) => new Collector(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class Collector(CollectedEvents owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            owner._all.Enqueue((
                new LoggedEvent(eventId.Id, eventId.Name ?? "", logLevel, category),
                formatter(state, exception),
                Thread.CurrentThread.Name));
            owner.OnLog();
        }
    }
}
