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

    /// <summary>Of the next one that takes the place of another.</summary>
    private int _sparePort = PostgreServer.FreePort();

    internal PostgreServer Primary
    {
        get
        {
            Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
            return _first!;
        }
    }

    internal PostgreServer Standby => _second!;

    /// <summary>All hosts, whichever of them is the primary, and that of the next one.</summary>
    internal string ConnectionString =>
        $"Host=127.0.0.1:{Primary.Port},127.0.0.1:{Standby.Port},127.0.0.1:{_sparePort};"
        + "Username=owner;Database=postgres;"
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
        await InStepAsync(primary);
    }

    /// <summary>Waits until the standby confirms what the primary commits.</summary>
    internal static Task InStepAsync(PostgreServer primary) => Wait.UntilAsync(
        async () => await primary.AskAsync<long>(
            "select count(*) from pg_stat_replication where sync_state = 'sync'") == 1,
        "the standby is synchronous");

    /// <summary>The primary is lost; its standby takes its place, and waits for the old one as its standby.</summary>
    internal async Task FailOverAsync()
    {
        await Primary.KillAsync();
        PostgreServer old = Primary;
        await PromoteStandbyAsync();
        await old.FollowAsync(Primary, "standby");
        _second = old;
        await InStepAsync(Primary);
    }

    /// <summary>
    /// The primary stands still; its standby takes its place, with another standby. Gives the old one, which would go on
    /// as a primary.
    /// </summary>
    internal async Task<PostgreServer> FreezeOverAsync()
    {
        PostgreServer old = Primary;
        old.Freeze();
        await PromoteStandbyAsync();
        _second = await PostgreServer.StartStandbyAsync(Primary, "standby", _sparePort);
        await InStepAsync(Primary);
        return old;
    }

    /// <summary>Ends one that was replaced; the next one is started in its place.</summary>
    internal async Task EndAsync(PostgreServer old)
    {
        _sparePort = old.Port;
        await old.DisposeAsync();
    }

    private async Task PromoteStandbyAsync()
    {
        await File.AppendAllTextAsync(
            Path.Combine(Standby.Data, "postgresql.auto.conf"),
            "synchronous_standby_names = 'FIRST 1 (standby)'\n");
        await Standby.ExecuteAsync("select pg_reload_conf()");
        Standby.Promote();
        _first = _second;
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
