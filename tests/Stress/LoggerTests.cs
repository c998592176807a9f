using Microsoft.Extensions.Logging;

namespace LogEngine.Stress;

/// <summary>
/// Case A11: a logger that wrote to the same engine and waited stood on the thread that makes the
/// space which it waited for.
/// </summary>
public sealed class LoggerTests
{
    private static readonly StorageEngineOptions Small = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        SnapshotBudgetBytes = 1 << 20,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_logger_that_writes_to_the_same_engine_and_waits_holds_up_nothing(bool onFiles)
    {
        using ScratchDirectory scratch = new();
        EmbeddedEngine? engine = null;
        int written = 0;
        using CallingLoggers loggers = new(() =>
        {
            if (engine?.GetKeyspace("log") is { } keyspace)
            {
                keyspace.PutAsync(BitConverter.GetBytes(written), new byte[10_000])
                    .AsTask().GetAwaiter().GetResult();
                Interlocked.Increment(ref written);
            }
        });
        StorageEngineOptions options = Small with { LoggerFactory = loggers };
        engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path, options)
            : StorageEngine.OpenInMemory(options);
        EmbeddedKeyspace data = engine.GetKeyspace("data");
        for (int i = 0; i < 60; i++)
        {
            await data.PutAsync(BitConverter.GetBytes(i % 20), new byte[12_000]).Soon();
        }

        await engine.CompactAsync().Soon();
        await Eventually.IsTrueAsync(() => Volatile.Read(ref written) > 0, "the logger wrote");
        await engine.CloseAsync().Soon();
    }

    [Fact]
    public async Task A_logger_that_never_returns_holds_up_nothing()
    {
        using ManualResetEventSlim never = new();
        using ScratchDirectory scratch = new();
        bool open = false;
        using CallingLoggers loggers = new(() =>
        {
            if (Volatile.Read(ref open))
            {
                never.Wait();
            }
        });
        EmbeddedEngine engine = await StorageEngine.OpenAsync(
            scratch.Path, Small with { LoggerFactory = loggers });
        Volatile.Write(ref open, true);
        EmbeddedKeyspace data = engine.GetKeyspace("data");
        for (int i = 0; i < 60; i++)
        {
            await data.PutAsync(BitConverter.GetBytes(i % 20), new byte[12_000]).Soon();
        }

        await engine.CompactAsync().Soon();
        await engine.SnapshotAsync().Soon();

        // What is told of closing is told by whoever closes.
        Volatile.Write(ref open, false);
        await engine.CloseAsync().Soon();
        never.Set();
    }

    private sealed class CallingLoggers(Action call) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => call();
    }
}
