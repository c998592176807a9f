using System.Diagnostics;

namespace LogEngine.Tests;

/// <summary>Waiting for what another thread does soon.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal static async Task IsTrueAsync(Func<bool> condition, string what)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Patience, $"not within {Patience}: {what}");
            await Task.Delay(1);
        }
    }

    /// <summary>Fails instead of hanging.</summary>
    internal static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Patience);

    internal static Task Soon(this ValueTask task) => task.AsTask().WaitAsync(Patience);

    internal static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    internal static Task Soon(this Task task) => task.WaitAsync(Patience);
}
