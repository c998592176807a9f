using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties.EngineModels;

/// <summary>
/// Any commands: the engine does what a sorted dictionary does. tests/CrashSim.Planted runs the same
/// on engines with a planted bug, and must see it.
/// </summary>
public sealed class EngineModelProperties
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_engine_does_what_its_model_does(bool inMemory) =>
        Prop.ForAll(EnginePlan.Arbitrary, plan =>
        {
            using RealHost host = new(inMemory);
            EngineModelRun.Check(plan, host);
        }).Check(Checks.Times(inMemory ? 150 : 60));
}
