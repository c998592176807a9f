using Microsoft.Extensions.Options;

namespace LogEngine.Extensions;

/// <summary>Says what is wrong with an engine's settings before anything is opened.</summary>
internal sealed class LogEngineSettingsValidator(string engine) : IValidateOptions<LogEngineSettings>
{
    public ValidateOptionsResult Validate(string? name, LogEngineSettings options)
    {
        if (name != engine)
        {
            return ValidateOptionsResult.Skip;
        }

        if (!options.InMemory && string.IsNullOrWhiteSpace(options.Directory))
        {
            return ValidateOptionsResult.Fail($"LogEngine '{name}': no Directory is set.");
        }

        try
        {
            options.ToOptions().Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentException error)
        {
            return ValidateOptionsResult.Fail($"LogEngine '{name}': {error.Message}");
        }
    }
}
