using Akka.Persistence;

namespace LogEngine.Akka.Persistence;

/// <summary>What the health check of a plugin says of its engine.</summary>
internal static class EngineHealth
{
    /// <summary>Null where there is nothing to say against it.</summary>
    internal static Task<PersistenceHealthCheckResult>? Of(StorageEngine engine) =>
        engine.Faulted.IsCompletedSuccessfully
            ? Task.FromResult(new PersistenceHealthCheckResult(
                PersistenceHealthStatus.Unhealthy, "The engine is faulted.", engine.Faulted.Result))
            : engine.Degradation is { } degradation
                ? Task.FromResult(new PersistenceHealthCheckResult(
                    PersistenceHealthStatus.Degraded, degradation))
                : null;
}
