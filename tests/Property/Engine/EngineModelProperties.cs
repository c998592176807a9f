namespace LogEngine.Properties.EngineModels;

/// <summary>
/// Any commands: the engine does what a sorted dictionary does. tests/CrashSim.Planted runs the same
/// on engines with a planted bug, and must see it.
/// </summary>
public sealed class EngineModelProperties
{
    [Checked(150, typeof(EnginePlan))]
    public void An_engine_in_memory_does_what_its_model_does(EnginePlan plan)
    {
        using RealHost host = new(inMemory: true);
        EngineModelRun.Check(plan, host);
    }

    [Checked(60, typeof(EnginePlan))]
    public void An_engine_on_files_does_what_its_model_does(EnginePlan plan)
    {
        using RealHost host = new(inMemory: false);
        EngineModelRun.Check(plan, host);
    }
}
