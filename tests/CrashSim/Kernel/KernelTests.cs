namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Tests that mount file systems and break them: one after the other, as they share the machine's
/// loop devices and its patience.
/// </summary>
[CollectionDefinition(Name)]
public sealed class KernelTests
{
    internal const string Name = "kernel";
}
