using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.AspNetCore;

/// <summary>Finds the engine that something is kept in.</summary>
internal static class Engines
{
    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name; null for the one without a key.</param>
    /// <param name="what">What wants it, as the subject of a sentence.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    internal static StorageEngine Of(IServiceProvider services, string? name, string what) =>
        (name is null ? services.GetService<StorageEngine>() : services.GetKeyedService<StorageEngine>(name))
        ?? throw new InvalidOperationException(
            $"{what} is kept in {(name is null ? "a storage engine" : $"the engine '{name}'")}, and there is none "
            + "among the services: add it with services.AddLogEngine.");
}
