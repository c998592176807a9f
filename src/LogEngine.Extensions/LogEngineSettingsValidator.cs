using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LogEngine.Extensions;

/// <summary>Says what is wrong with an engine's settings before anything is opened.</summary>
internal sealed class LogEngineSettingsValidator(
    string engine, IConfiguration? section, EngineFactories factories, ILoggerFactory loggers)
    : IValidateOptions<LogEngineSettings>
{
    public ValidateOptionsResult Validate(string? name, LogEngineSettings options)
    {
        if (name != engine)
        {
            return ValidateOptionsResult.Skip;
        }

        string[] problems =
        [
            .. factories.Of(engine, options.Engine)
                .Validate(new EngineOpening(engine, options, section, loggers))
                .Select(problem => $"LogEngine '{engine}': {problem}"),
        ];
        return problems.Length == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(problems);
    }
}
