namespace LogEngine;

/// <summary>Looks into a log directory from outside: never locks, never changes anything in it.</summary>
public static class LogDirectory
{
    /// <summary>x</summary>
    internal static void SalvageAsync() { }
}
