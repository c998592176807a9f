namespace LogEngine.CrashSim.Simulated;

/// <summary>What a failing disk answers, in the numbers of Linux.</summary>
internal static class ErrorNumbers
{
    internal const int Io = 5;
    internal const int NoDescriptors = 24;
    internal const int NoSpace = 28;
    internal const int ReadOnlyFileSystem = 30;
}
