namespace LogEngine.Contract;

/// <summary>The first thing anybody writes.</summary>
internal static class HelloWorld
{
    internal static async Task<string?> RunAsync(StorageEngine engine)
    {
        Keyspace greetings = engine.GetKeyspace("greetings");
        await greetings.PutAsync("hello", "world");
        return await greetings.GetTextAsync("hello");
    }
}
