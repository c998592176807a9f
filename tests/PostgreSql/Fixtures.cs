using System.Text;

namespace LogEngine.PostgreSqlTests;

/// <summary>A server for the tests of a class, each in a schema of its own.</summary>
public sealed class OneServer : IAsyncLifetime
{
    private PostgreServer? _server;
    private int _schemas;

    internal PostgreServer Server
    {
        get
        {
            Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
            return _server!;
        }
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (PostgreServer.WhyNot() is null)
        {
            // Nothing reaches the disk by itself: what is there after a kill was asked for.
            _server = await PostgreServer.StartNewAsync("wal_writer_delay=10s", "fsync=off");
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    internal PostgreSqlEngineOptions Options() => new()
    {
        ConnectionString = Server.ConnectionString,
        Schema = $"test_{Interlocked.Increment(ref _schemas)}",
        PollInterval = TimeSpan.FromMilliseconds(100),
    };
}

/// <summary>A primary with a synchronous standby; made anew for each class, since their roles change.</summary>
public sealed class TwoServers : IAsyncLifetime
{
    private PostgreServer? _first;
    private PostgreServer? _second;

    internal PostgreServer Primary
    {
        get
        {
            Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
            return _first!;
        }
    }

    internal PostgreServer Standby => _second!;

    /// <summary>Both hosts, whichever of them is the primary.</summary>
    internal string ConnectionString =>
        $"Host=127.0.0.1:{Primary.Port},127.0.0.1:{Standby.Port};Username=owner;Database=postgres;"
        + "Timeout=3;SSL Mode=Disable;Target Session Attributes=primary;Host Recheck Seconds=0";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (PostgreServer.WhyNot() is not null)
        {
            return;
        }

        _first = await PostgreServer.StartNewAsync();
        _second = await PostgreServer.StartStandbyAsync(_first, "standby");
        await RequireStandbyAsync(_first, "standby");
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (PostgreServer? server in new[] { _first, _second })
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>The primary waits for it from now on.</summary>
    internal static async Task RequireStandbyAsync(PostgreServer primary, string name)
    {
        await primary.ExecuteAsync($"alter system set synchronous_standby_names = 'FIRST 1 ({name})'");
        await primary.ExecuteAsync("select pg_reload_conf()");
        await Wait.UntilAsync(
            async () => await primary.AskAsync<long>(
                "select count(*) from pg_stat_replication where sync_state = 'sync'") == 1,
            "the standby is synchronous");
    }

    /// <summary>The primary is lost; its standby takes its place, and waits for the old one as its standby.</summary>
    internal async Task FailOverAsync()
    {
        await Primary.KillAsync();
        await Standby.ExecuteAsync("select 1");
        await File.AppendAllTextAsync(
            Path.Combine(Standby.Data, "postgresql.auto.conf"),
            "synchronous_standby_names = 'FIRST 1 (standby)'\n");
        await Standby.ExecuteAsync("select pg_reload_conf()");
        Standby.Promote();
        PostgreServer old = Primary;
        (_first, _second) = (_second, _first);
        await old.FollowAsync(Primary, "standby");
        await Wait.UntilAsync(
            async () => await Primary.AskAsync<long>(
                "select count(*) from pg_stat_replication where sync_state = 'sync'") == 1,
            "the old primary follows the new one");
    }
}

/// <summary>Waiting for what takes its time.</summary>
internal static class Wait
{
    internal static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(90), $"waited for: {what}");
            await Task.Delay(50);
        }
    }
}

/// <summary>Keys and bodies as text.</summary>
internal static class Text
{
    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static string Of(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
