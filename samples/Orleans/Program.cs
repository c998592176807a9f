using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansSample;

// A silo whose grains are in a directory: start it twice with the same one, and the accounts go on where they were; so
// does the reminder that pays interest, which was registered the first time.
string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"logengine-orleans-{Guid.NewGuid():N}");
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddLogEngine("bank", settings => settings.Embedded.Directory = directory);
builder.UseOrleans(silo => silo
    .UseLocalhostClustering()
    .Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromSeconds(1))
    .AddLogEngineGrainStorageAsDefault()
    .UseLogEngineReminderService());
using IHost host = builder.Build();
await host.StartAsync();
IGrainFactory grains = host.Services.GetRequiredService<IGrainFactory>();
foreach (string name in new[] { "ada", "bob" })
{
    Console.WriteLine($"{name}: {await grains.GetGrain<IAccount>(name).DepositAsync(100)}");
}

await grains.GetGrain<IAccount>("ada").PayInterestAsync();
await Task.Delay(TimeSpan.FromSeconds(3));
Console.WriteLine($"ada, with interest: {await grains.GetGrain<IAccount>("ada").BalanceAsync()}");
await host.StopAsync();
Console.WriteLine($"The accounts are in {directory}; start it again with that as its argument.");
