using System.Diagnostics;

namespace LogEngine.Tests;

/// <summary>Ends a program that a test has started, where the test ended first and could not do it.</summary>
internal static class Orphan
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    /// <summary>From now on this process ends when the one that started it has. Linux only.</summary>
    internal static void EndWithParent()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int parent = Parent();
        new Thread(() =>
        {
            while (Parent() == parent)
            {
                Thread.Sleep(_look);
            }

            Process.GetCurrentProcess().Kill();
        })
        {
            IsBackground = true,
            Name = "end with the parent",
        }.Start();
    }

    /// <summary>The second field behind the program's name, which may hold anything.</summary>
    private static int Parent()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        return int.Parse(
            stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1],
            System.Globalization.CultureInfo.InvariantCulture);
    }
}
