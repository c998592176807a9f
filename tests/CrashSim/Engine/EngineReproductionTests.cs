using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>One failing workload again: the line that a failure prints.</summary>
public sealed class EngineReproductionTests
{
    [SkippableFact]
    public void The_engine_workload_in_LOGENGINE_FAULT_SEED_holds()
    {
        string? text = Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SEED");
        EngineWorkload? workload = EngineWorkload.TryParse(text);
        Skip.If(workload is null, "LOGENGINE_FAULT_SEED names no workload of an engine");
        RowResult result = new();
        EngineHunt.Run(workload, EngineSweep.EngineDepth, result);
        Console.WriteLine($"{result.States} states, {result.Distinct} distinct");
        Assert.True(!result.HasFailed, string.Join(Environment.NewLine, result.Failures));
    }
}
