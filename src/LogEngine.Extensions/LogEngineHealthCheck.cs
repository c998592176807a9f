using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LogEngine.Extensions;

/// <summary>Health of an engine.</summary>
internal sealed class LogEngineHealthCheck(EngineHost host) : IHealthCheck
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
            EngineFaultedException fault = await engine.Faulted.ConfigureAwait(false);
            return new HealthCheckResult(
                context.Registration.FailureStatus, fault.Message, fault);
        }

        return engine.Statistics.MaintenanceFailure is { } failure
            ? HealthCheckResult.Degraded(failure)
            : HealthCheckResult.Healthy();
    }
}
