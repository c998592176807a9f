using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace LogEngine.Orleans;

/// <summary>Finds the engine, and the keyspace in it, that a provider keeps its rows in.</summary>
internal static class Engines
{
    /// <summary>The engine's keyspace for what a service keeps of a kind.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="name">The engine's name; null for the one without a key.</param>
    /// <param name="durability">Of its writes; null for the engine's default.</param>
    /// <param name="kind">What is kept: the middle of the keyspace's name.</param>
    /// <param name="cluster">Names the service; silos of several services share an engine.</param>
    /// <param name="what">What wants it, as the subject of a sentence.</param>
    /// <exception cref="OrleansConfigurationException">
    /// There is none, it cannot give that durability, or the service's name is too long.
    /// </exception>
    internal static Keyspace KeyspaceOf(
        IServiceProvider services,
        string? name,
        Durability? durability,
        string kind,
        ClusterOptions cluster,
        string what)
    {
        StorageEngine engine = (name is null
            ? services.GetService<StorageEngine>()
            : services.GetKeyedService<StorageEngine>(name))
            ?? throw new OrleansConfigurationException(
                $"{what} is kept in {(name is null ? "a storage engine" : $"the engine '{name}'")}, and there is "
                + "none among the services: add it with services.AddLogEngine.");
        if (durability == Durability.MachineLoss && !engine.Capabilities.SurvivesMachineLoss)
        {
            throw new OrleansConfigurationException(
                $"{what} is to be written at {durability}, which its engine cannot give.");
        }

        try
        {
            return engine.GetStoreKeyspace($"logengine/orleans/{kind}/{cluster.ServiceId}");
        }
        catch (ArgumentException error)
        {
            throw new OrleansConfigurationException(
                $"{what} is kept in a keyspace named after ClusterOptions.ServiceId, '{cluster.ServiceId}', "
                + $"which cannot be: {error.Message}",
                error);
        }
    }
}
