using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace LogEngine.OpenTelemetryTests;

/// <summary>Providers from the container, and an exporter of OpenTelemetry that uses one over a restart.</summary>
public sealed class HostingTests
{
    [Fact]
    public async Task Providers_come_from_the_container_by_their_names()
    {
        using ScratchDirectory scratch = new();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddLogEngine("telemetry", settings => settings.Embedded.Directory = scratch.Path)
            .AddBlobProvider(options => options.MaxSizeBytes = 10);
        builder.Services.AddLogEngineBlobProvider("traces", options => options.MaxSizeBytes = 20);
        using IHost host = builder.Build();
        await host.StartAsync();
        PersistentBlobProvider unnamed = host.Services.GetRequiredService<PersistentBlobProvider>();
        PersistentBlobProvider traces = host.Services.GetRequiredKeyedService<PersistentBlobProvider>("traces");

        Assert.Same(unnamed, host.Services.GetRequiredService<LogEngineBlobProvider>());
        Assert.Same(traces, host.Services.GetRequiredKeyedService<LogEngineBlobProvider>("traces"));
        Assert.False(unnamed.TryCreateBlob(new byte[11].AsSpan(), out _));
        Assert.True(unnamed.TryCreateBlob(new byte[10].AsSpan(), out _));
        Assert.False(traces.TryCreateBlob(new byte[21].AsSpan(), out _));
        Assert.True(traces.TryCreateBlob(new byte[20].AsSpan(), out _));
        Assert.Equal(
            ["logengine/opentelemetry/default", "logengine/opentelemetry/traces"],
            await host.Services.GetRequiredService<StorageEngine>().ListKeyspacesAsync());
        await host.StopAsync();
    }

    [Fact]
    public async Task Wrong_options_fail_the_start_and_a_missing_engine_says_so()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddLogEngineBlobProvider(options => options.MaxSizeBytes = 0);
        using IHost wrong = builder.Build();
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => wrong.StartAsync());
        Assert.Contains("MaxSizeBytes is 0", error.Message, StringComparison.Ordinal);

        ServiceCollection services = new();
        services.AddLogEngineBlobProvider(options => options.Engine = "telemetry");
        using ServiceProvider none = services.BuildServiceProvider();
        Assert.Contains(
            "the engine 'telemetry'",
            Assert.Throws<InvalidOperationException>(() => none.GetRequiredService<PersistentBlobProvider>()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_exporter_could_not_send_is_sent_after_a_restart()
    {
        using ScratchDirectory scratch = new();
        using ActivitySource source = new(nameof(HostingTests));
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path))
        {
            using TracerProvider tracer = Sdk.CreateTracerProviderBuilder().AddSource(source.Name)
                .AddProcessor(new SimpleActivityExportProcessor(
                    new StoringExporter(new LogEngineBlobProvider(engine), send: _ => false)))
                .Build();
            for (int number = 0; number < 5; number++)
            {
                source.StartActivity($"span {number}")!.Dispose();
            }
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(scratch.Path);
        LogEngineBlobProvider provider = new(again);
        List<string> sent = [];
        StoringExporter exporter = new(provider, send: content =>
        {
            sent.Add(Encoding.UTF8.GetString(content));
            return sent.Count != 3;
        });
        exporter.SendStored();
        Assert.Equal(3, sent.Count);
        exporter.SendStored();

        // The one that failed was leased; nobody has it until that ends.
        Assert.Equal(["span 4", "span 3", "span 2", "span 1", "span 0"], sent);
        Assert.Empty(provider.GetBlobs());
        Assert.Equal("span 2".Length, provider.CountBytes());
    }

    private sealed class StoringExporter(PersistentBlobProvider storage, Func<byte[], bool> send)
        : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (Activity activity in batch)
            {
                byte[] content = Encoding.UTF8.GetBytes(activity.DisplayName);
                if (!send(content) && !storage.TryCreateBlob(content.AsSpan(), out _))
                {
                    return ExportResult.Failure;
                }
            }

            return ExportResult.Success;
        }

        internal void SendStored()
        {
            while (storage.TryGetBlob(out PersistentBlob? blob) && blob.TryLease(60_000))
            {
                if (!blob.TryRead(out byte[]? content) || !send(content))
                {
                    return;
                }

                blob.TryDelete();
            }
        }
    }
}
