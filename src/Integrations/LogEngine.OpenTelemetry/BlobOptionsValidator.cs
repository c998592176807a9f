using Microsoft.Extensions.Options;

namespace LogEngine.OpenTelemetry;

/// <summary>Says what is wrong with a provider's options when the application starts.</summary>
internal sealed class BlobOptionsValidator : IValidateOptions<LogEngineBlobProviderOptions>
{
    public ValidateOptionsResult Validate(string? name, LogEngineBlobProviderOptions options) =>
        options.Problem() is { } problem
            ? ValidateOptionsResult.Fail($"{nameof(LogEngineBlobProviderOptions)}: {problem}")
            : ValidateOptionsResult.Success;
}
