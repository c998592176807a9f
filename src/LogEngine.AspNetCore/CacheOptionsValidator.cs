using Microsoft.Extensions.Options;

namespace LogEngine.AspNetCore;

/// <summary>Says what is wrong with a cache's options before its engine is asked for anything.</summary>
internal sealed class CacheOptionsValidator<TOptions> : IValidateOptions<TOptions>
    where TOptions : CacheOptions
{
    public ValidateOptionsResult Validate(string? name, TOptions options) => options.Problem() is { } problem
        ? ValidateOptionsResult.Fail($"{typeof(TOptions).Name}: {problem}")
        : ValidateOptionsResult.Success;
}
