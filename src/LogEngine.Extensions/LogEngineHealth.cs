using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LogEngine.Extensions;

/// <summary>Health of engines, for the application's health checks.</summary>
public static class LogEngineHealth
{
    /// <summary>
    /// A check of one engine, for <c>services.AddHealthChecks().Add(...)</c>: unhealthy where it is faulted or not
    /// open, its server is gone, or a queue processor on it, or what looks after recurring messages, has stopped by
    /// itself; degraded while its background work fails, or one of those cannot go on at the moment.
    /// </summary>
    /// <param name="name">The engine's name; the check is called 'logengine-NAME'.</param>
    /// <param name="failureStatus">What unhealthy is reported as; unhealthy where null.</param>
    public static HealthCheckRegistration Registration(
        string name, HealthStatus? failureStatus = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new HealthCheckRegistration(
            $"logengine-{name}",
            services => new LogEngineHealthCheck(
                services.GetRequiredKeyedService<EngineHost>(name),
                services.GetService<BackgroundWork>()),
            failureStatus,
            tags: ["logengine"]);
    }
}
