using LogEngine.Properties.EngineModels;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Planted;

/// <summary>
/// An engine on a simulated disk, all of it on the calling thread, on which the planted bug is.
/// </summary>
internal sealed class SimulatedHost : EngineHost
{
    private readonly SimulatedMachine _machine = new(new SimulatedFileSystem(), seed: 1);

    internal override DateTimeOffset Now => _machine.Time.GetUtcNow();

    internal override bool Reopens => true;

    internal override EmbeddedEngine Open() => _machine.OpenEngine("/model", Options);

    internal override void Advance(TimeSpan by) => _machine.Time.Advance(by);

    internal override void Wait(Task task) => _machine.Wait(task);

    public override void Dispose() => _machine.Kill();
}
