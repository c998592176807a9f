namespace LogEngine.OpenTelemetry;

/// <summary>The contract of persistent storage is synchronous: the calling thread waits.</summary>
internal static class Waiting
{
    internal static T For<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();
}
