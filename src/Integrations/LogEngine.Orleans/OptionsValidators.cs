using Microsoft.Extensions.Options;

namespace LogEngine.Orleans;

/// <summary>Says what is wrong with a provider's options before the silo starts.</summary>
internal sealed class LogEngineGrainStorageOptionsValidator(string name, LogEngineGrainStorageOptions options)
    : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        string who = $"Grain storage '{name}', {nameof(LogEngineGrainStorageOptions)}";
        DurabilityRule.Check(options.Durability, who);
        if (options.Engine is "" || options.Store is "")
        {
            throw new OrleansConfigurationException($"{who}: a name is empty; null is the default.");
        }

        if (options.GrainStorageSerializer is null)
        {
            throw new OrleansConfigurationException($"{who}: there is no serializer.");
        }
    }
}

/// <summary>The same for the reminders.</summary>
internal sealed class LogEngineReminderTableOptionsValidator(IOptions<LogEngineReminderTableOptions> options)
    : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        const string Who = nameof(LogEngineReminderTableOptions);
        DurabilityRule.Check(options.Value.Durability, Who);
        if (options.Value.Engine is "")
        {
            throw new OrleansConfigurationException($"{Who}: the engine's name is empty; null is the default.");
        }
    }
}

internal static class DurabilityRule
{
    internal static void Check(Durability? durability, string who)
    {
        if (durability is { } level && !Enum.IsDefined(level))
        {
            throw new OrleansConfigurationException($"{who}: {level} is no {nameof(Durability)}.");
        }
    }
}
