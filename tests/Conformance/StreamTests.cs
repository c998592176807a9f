namespace LogEngine.Conformance;

/// <summary>
/// Tests that look at the memory of the whole process: nothing else runs beside them.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MemoryCollection
{
    internal const string Name = "memory";
}

/// <summary>Streams that are larger than the memory they may take.</summary>
[Collection(MemoryCollection.Name)]
public sealed class StreamTests
{
    private const long StreamBytes = 256L << 20;

    [Fact]
    public async Task A_long_stream_goes_in_and_out_in_little_memory()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            scratch.Path, new StorageEngineOptions { CacheBytes = 4 << 20 });
        BlobStore blobs = await engine.OpenBlobsAsync("blobs");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await using CountingStream source = new(StreamBytes);
        StoredBlob put = await blobs.PutAsync(source, new BlobDescription("a/b"));
        Assert.Equal(StreamBytes, put.Metadata.Length);
        await blobs.VerifyAsync(put.Id);
        long taken = source.MostManagedBytes - before;
        Assert.True(taken < 64 << 20, $"{taken} bytes of managed memory");
    }
}
