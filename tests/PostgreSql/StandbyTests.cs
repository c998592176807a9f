namespace LogEngine.PostgreSqlTests;

/// <summary>A primary with a synchronous standby: what was acknowledged at machine loss survives its loss.</summary>
public sealed class StandbyTests(TwoServers servers) : IClassFixture<TwoServers>
{
    // A cancelled wait for the standby is a commit that the server reports as a success.
    [SkippableFact]
    public async Task A_commit_whose_wait_was_cancelled_is_not_acknowledged_before_the_standby_has_it()
    {
        // One connection: the first put has made all that waits for the standby besides.
        await using PostgreSqlEngine engine = await OpenAsync("cancelled", writers: 1);
        Keyspace keys = engine.GetKeyspace("keys");
        await keys.PutAsync("first", "value", Durability.MachineLoss);
        servers.Standby.Freeze();
        Task<long> put = keys.PutAsync("second", "value", Durability.MachineLoss).AsTask();
        try
        {
            await Wait.UntilAsync(
                async () => await servers.Primary.AskAsync<long>(
                    "select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'") > 0,
                "the commit waits for the standby");
            await Task.Delay(500);
            Assert.False(put.IsCompleted, "acknowledged, and the standby is frozen");
        }
        finally
        {
            servers.Standby.Thaw();
        }

        await put.WaitAsync(TimeSpan.FromSeconds(60));
    }

    // A primary that comes back without its standby shows rows that were never replicated.
    [SkippableFact]
    public async Task What_the_standby_has_not_got_is_not_shown_by_a_primary_that_came_back()
    {
        await using (PostgreSqlEngine before = await OpenAsync("shown"))
        {
            await before.GetKeyspace("keys").PutAsync("key", "value", Durability.MachineLoss);
        }

        servers.Standby.Freeze();
        Task<PostgreSqlEngine> opening;
        try
        {
            await servers.Primary.KillAsync();
            await servers.Primary.StartAsync();
            opening = OpenAsync("shown").AsTask();
            await Task.Delay(1500);
            Assert.False(opening.IsCompleted, "opened, and the standby has not confirmed anything");
        }
        finally
        {
            servers.Standby.Thaw();
        }

        await using PostgreSqlEngine engine = await opening.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("value", await engine.GetKeyspace("keys").GetTextAsync("key"));
    }

    private ValueTask<PostgreSqlEngine> OpenAsync(string schema, int writers = 2)
    {
        _ = servers.Primary;
        return PostgreSqlEngine.OpenAsync(new PostgreSqlEngineOptions
        {
            ConnectionString = servers.ConnectionString,
            Schema = schema,
            WriteConnections = writers,
            RetryTime = TimeSpan.FromSeconds(90),
            PollInterval = TimeSpan.FromMilliseconds(100),
        });
    }
}
