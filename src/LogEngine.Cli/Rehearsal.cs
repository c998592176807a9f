namespace LogEngine.Cli;

/// <summary>
/// Does in memory first what would make an engine, a keyspace or a store: what is refused there, a name
/// or a key that is too long, an option out of its range, has then made nothing.
/// </summary>
internal static class Rehearsal
{
    internal static async Task RunAsync(Func<StorageEngine, Task> work)
    {
        await using StorageEngine engine = StorageEngine.OpenInMemory();
        await work(engine);
    }
}
