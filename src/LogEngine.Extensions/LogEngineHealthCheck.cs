using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LogEngine.Extensions;

/// <summary>Health of an engine and of the processors of its queues.</summary>
/// <param name="host">The engine.</param>
/// <param name="processors">What was started; null where the application has no processors.</param>
internal sealed class LogEngineHealthCheck(EngineHost host, ProcessorList? processors) : IHealthCheck
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

        if (processors?.Worst(host.Name) is { } failing)
        {
            return new HealthCheckResult(
                failing.HasStopped ? context.Registration.FailureStatus : HealthStatus.Degraded,
                $"The processor of queue '{failing.Queue}' "
                + $"{(failing.HasStopped ? "has stopped" : "cannot receive")}: "
                + failing.Cause.Message,
                failing.Cause);
        }

        return engine.Degradation is { } failure
            ? HealthCheckResult.Degraded(failure)
            : HealthCheckResult.Healthy();
    }
}
