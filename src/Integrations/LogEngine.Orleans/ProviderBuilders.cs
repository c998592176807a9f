using LogEngine.Orleans;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Storage;

[assembly: RegisterProvider("LogEngine", "GrainStorage", "Silo", typeof(GrainStorageProviderBuilder))]
[assembly: RegisterProvider("LogEngine", "Reminders", "Silo", typeof(ReminderTableProviderBuilder))]

namespace LogEngine.Orleans;

/// <summary>
/// Grain storage from configuration: a section <c>Orleans:GrainStorage:NAME</c> whose <c>ProviderType</c> is
/// <c>LogEngine</c>, with the options by their names, the engine's also as <c>ServiceKey</c>.
/// </summary>
internal sealed class GrainStorageProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.AddLogEngineGrainStorage(
            name ?? ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME,
            (OptionsBuilder<LogEngineGrainStorageOptions> options) =>
                options.Configure<IServiceProvider>((found, services) =>
                {
                    found.Engine = ProviderSection.EngineOf(configurationSection);
                    found.Store = configurationSection[nameof(found.Store)];
                    found.DeleteStateOnClear = ProviderSection.Flag(
                        configurationSection, nameof(found.DeleteStateOnClear));
                    found.Durability = ProviderSection.DurabilityOf(configurationSection);
                    if (configurationSection["SerializerKey"] is { Length: > 0 } key)
                    {
                        found.GrainStorageSerializer =
                            services.GetRequiredKeyedService<IGrainStorageSerializer>(key);
                    }
                }));
}

/// <summary>Reminders from configuration: <c>Orleans:Reminders</c>.</summary>
internal sealed class ReminderTableProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection) =>
        builder.UseLogEngineReminderService(options =>
        {
            options.Engine = ProviderSection.EngineOf(configurationSection);
            options.Durability = ProviderSection.DurabilityOf(configurationSection);
        });
}

/// <summary>What both read in their sections.</summary>
internal static class ProviderSection
{
    internal static string? EngineOf(IConfigurationSection section) => section["Engine"] ?? section["ServiceKey"];

    /// <exception cref="OrleansConfigurationException">It is neither true nor false.</exception>
    internal static bool Flag(IConfigurationSection section, string key) => section[key] switch
    {
        null or "" => false,
        { } text when bool.TryParse(text, out bool flag) => flag,
        { } text => throw Wrong(section, key, text, "true or false"),
    };

    /// <exception cref="OrleansConfigurationException">There is no such level.</exception>
    internal static Durability? DurabilityOf(IConfigurationSection section) => section["Durability"] switch
    {
        null or "" => null,
        { } text when Enum.TryParse(text, ignoreCase: true, out Durability level) && Enum.IsDefined(level) => level,
        { } text => throw Wrong(section, "Durability", text, string.Join(", ", Enum.GetNames<Durability>())),
    };

    private static OrleansConfigurationException Wrong(
        IConfigurationSection section, string key, string found, string expected) =>
        new($"{section.Path}:{key} is '{found}'; it is one of {expected}.");
}
