using System.Globalization;
using LogEngine.Extensions;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LogEngine.PostgreSqlTests;

/// <summary>An application chooses the engine by its configuration; the host opens and closes it.</summary>
public sealed class HostingTests(OneServer fixture) : IClassFixture<OneServer>
{
    [SkippableTheory]
    [InlineData("Store")]
    [InlineData("LogEngine:main")]
    public async Task The_engine_is_chosen_by_configuration_and_is_what_stores_are_opened_on(
        string section)
    {
        PostgreSqlEngineOptions options = fixture.Options();
        HostApplicationBuilder builder = Configured(
            section,
            ("Engine", "PostgreSQL"),
            ("PostgreSql:ConnectionString", options.ConnectionString),
            ("PostgreSql:Schema", options.Schema),
            ("PostgreSql:PollInterval", "00:00:00.250"));
        builder.Services.AddLogEnginePostgreSql();
        (section == "Store"
            ? builder.Services.AddLogEngine("main", builder.Configuration.GetSection(section))
            : builder.Services.AddLogEngine("main")).AddQueue("work");
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
            Assert.IsType<PostgreSqlEngine>(queue.Engine);
            Assert.Same(queue.Engine, host.Services.GetRequiredService<StorageEngine>());
            await queue.EnqueueAsync(new QueueMessage(Text.Bytes("kept")));
            await host.StopAsync();
        }

        await using PostgreSqlEngine again = await PostgreSqlEngine.OpenAsync(options);
        await using DurableQueue work = await again.OpenQueueAsync("work");
        Assert.Equal("kept", Text.Of((await work.TryReceiveAsync())!.Body));
    }

    [SkippableFact]
    public async Task What_the_section_does_not_say_comes_from_code()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEnginePostgreSql((name, found) => found with
        {
            ConnectionString = options.ConnectionString,
            Schema = $"{options.Schema}_{name}",
        });
        builder.Services.AddLogEngine(
            "main",
            settings => settings.Engine = LogEnginePostgreSqlServiceCollectionExtensions.Kind);
        using IHost host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<StorageEngine>().GetKeyspace("k").PutAsync("a", "1");
        Assert.Equal(
            1, await fixture.Server.AskAsync<long>($"select count(*) from {options.Schema}_main.kv"));
        await host.StopAsync();
    }

    [Theory]
    [InlineData("WriteConnections", "3", "no PostgreSql:ConnectionString is set.")]
    [InlineData("ConnectionString", "Host=h", "Schema is out of its range")]
    public async Task What_is_wrong_with_the_settings_is_said_before_anything_is_opened(
        string key, string value, string problem)
    {
        HostApplicationBuilder builder = Configured(
            "Store", ("Engine", "postgresql"), ("PostgreSql:Schema", "No Schema"),
            ($"PostgreSql:{key}", value));
        builder.Services.AddLogEnginePostgreSql();
        builder.Services.AddLogEngine("main", builder.Configuration.GetSection("Store"));
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync());
        Assert.Contains(problem, Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_is_no_number_is_named()
    {
        HostApplicationBuilder builder = Configured(
            "Store", ("Engine", "postgresql"), ("PostgreSql:ConnectionString", "Host=h"),
            ("PostgreSql:WriteConnections", "many"));
        builder.Services.AddLogEnginePostgreSql();
        builder.Services.AddLogEngine("main", builder.Configuration.GetSection("Store"));
        using IHost host = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync());
        Assert.Contains("WriteConnections", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    // Each was refused for the others' appends, given back with a delay of a second, and in the end a dead letter.
    [SkippableFact]
    public async Task Handlers_that_append_to_one_topic_from_two_processes_are_run_again_and_none_fails()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        using IHost one = Appending(options);
        using IHost two = Appending(options);
        await one.StartAsync();
        await two.StartAsync();
        DurableQueue queue = one.Services.GetRequiredKeyedService<DurableQueue>("work");
        DurableQueue other = two.Services.GetRequiredKeyedService<DurableQueue>("work");
        await queue.EnqueueManyAsync(
            [.. Enumerable.Range(0, 120).Select(i => new QueueMessage(Text.Bytes($"{i}")))]);
        await Wait.UntilAsync(
            async () => (await queue.GetStatisticsAsync()).Acknowledged
                + (await other.GetStatisticsAsync()).Acknowledged == 120,
            "all are handled");
        Topic topic = one.Services.GetRequiredKeyedService<Topic>("done");
        Assert.Equal(
            Enumerable.Range(0, 120).Select(i => $"{i}").Order(StringComparer.Ordinal),
            (await topic.ReadAsync(1, 1000)).Records.Select(r => Text.Of(r.Body)).Order(StringComparer.Ordinal));
        foreach (DurableQueue each in new[] { queue, other })
        {
            QueueStatistics found = await each.GetStatisticsAsync();
            Assert.Equal(0, found.NegativelyAcknowledged);
            Assert.NotEqual(0, found.Acknowledged);
        }

        await one.StopAsync();
        await two.StopAsync();
    }

    [SkippableFact]
    public async Task A_condition_that_never_holds_fails_after_so_many_runs()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        using IHost host = Appending(options);
        await host.StartAsync();
        DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
        await queue.Engine.GetKeyspace("refused").PutAsync("there", "1");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("refused")));
        await Wait.UntilAsync(
            async () => (await queue.GetStatisticsAsync()).NegativelyAcknowledged == 1, "it is given back");
        Assert.Equal(20, host.Services.GetRequiredService<Runs>().Refused);
        await host.StopAsync();
    }

    private static IHost Appending(PostgreSqlEngineOptions options)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogEnginePostgreSql((_, _) => options);
        builder.Services.AddSingleton<Runs>();
        builder.Services.AddLogEngine(
                "main", settings => settings.Engine = LogEnginePostgreSqlServiceCollectionExtensions.Kind)
            .AddQueue("work")
            .AddTopic("done")
            .AddQueueHandler<AppendingHandler>("work")
            .ConfigureQueueProcessor(
                "work", new QueueProcessorOptions { Concurrency = 4, RetryDelay = TimeSpan.FromMinutes(5) });
        return builder.Build();
    }

    internal sealed class Runs
    {
        internal int Refused;
    }

    internal sealed class AppendingHandler([FromKeyedServices("done")] Topic done, Runs runs)
        : IQueueHandler<QueueDelivery>
    {
        public ValueTask HandleAsync(
            QueueDelivery message, QueueContext context, CancellationToken cancellationToken)
        {
            done.Append(context.Batch, message.Body);
            if (Text.Of(message.Body) == "refused")
            {
                Interlocked.Increment(ref runs.Refused);
                context.Batch.RequireAbsent(context.Queue.Engine.GetKeyspace("refused"), "there"u8);
            }

            return default;
        }
    }

    [SkippableFact]
    public async Task Without_its_server_an_engine_is_unhealthy_and_healthy_again_with_it()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync("fsync=off");
        HostApplicationBuilder builder = Configured(
            "Store", ("Engine", "postgresql"), ("PostgreSql:ConnectionString", server.ConnectionString),
            ("PostgreSql:RetryTime", "00:01:00"));
        builder.Services.AddLogEnginePostgreSql();
        builder.Services.AddLogEngine("main", builder.Configuration.GetSection("Store"));
        using IHost host = builder.Build();
        await host.StartAsync();
        HealthCheckContext context = new() { Registration = LogEngineHealth.Registration("main") };
        IHealthCheck check = context.Registration.Factory(host.Services);
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        await server.KillAsync();
        HealthCheckResult gone = await check.CheckHealthAsync(context);
        Assert.Equal(HealthStatus.Unhealthy, gone.Status);
        Assert.IsType<StorageUnavailableException>(gone.Exception);
        Assert.Contains(
            server.Port.ToString(CultureInfo.InvariantCulture), gone.Description, StringComparison.Ordinal);
        await server.StartAsync();
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(context)).Status);
        await host.StopAsync();
    }

    private static HostApplicationBuilder Configured(
        string section, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Select(
            setting => KeyValuePair.Create($"{section}:{setting.Key}", (string?)setting.Value)));
        return builder;
    }
}
