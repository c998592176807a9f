namespace LogEngine.Unit.Engine;

public sealed class InMemoryTests
{
    [Fact]
    public async Task An_engine_in_memory_keeps_the_contract_and_leaves_nothing()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 2000; i++)
        {
            await keyspace.PutTextAsync($"{i % 100}", new string('v', i % 200));
        }

        Assert.True(await engine.CompactAsync().Soon() > 0);
        Assert.Equal(100, keyspace.Count);
        Assert.Equal(new string('v', 199), await keyspace.TextAsync("99"));
    }
}
