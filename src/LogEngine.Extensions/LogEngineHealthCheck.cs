using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LogEngine.Extensions;

/// <summary>Health of an engine and of what the application has running on it.</summary>
/// <param name="host">The engine.</param>
/// <param name="work">What was started; null where the application has nothing running.</param>
internal sealed class LogEngineHealthCheck(EngineHost host, BackgroundWork? work) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (host.OpenEngine is not { } engine)
        {
            return new HealthCheckResult(
                context.Registration.FailureStatus, $"LogEngine '{host.Name}' is not open.");
        }

        if (engine.Faulted.IsCompleted)
        {
            StorageFaultedException fault = await engine.Faulted.ConfigureAwait(false);
            return new HealthCheckResult(
                context.Registration.FailureStatus, fault.Message, fault);
        }

        // An engine that is reached through a connection brings its own: only it can tell whether that is there.
        if (engine.GetService(typeof(IHealthCheck)) is IHealthCheck own)
        {
            HealthCheckResult found = await own.CheckHealthAsync(context, cancellationToken)
                .ConfigureAwait(false);
            if (found.Status != HealthStatus.Healthy)
            {
                return found;
            }
        }

        if (work?.Worst(engine) is { } failing)
        {
            return new HealthCheckResult(
                failing.HasStopped ? context.Registration.FailureStatus : HealthStatus.Degraded,
                $"{failing.What} {(failing.HasStopped ? "stopped" : "cannot go on")}: "
                + failing.Cause.Message,
                failing.Cause);
        }

        return engine.Degradation is { } failure
            ? HealthCheckResult.Degraded(failure)
            : HealthCheckResult.Healthy();
    }
}
