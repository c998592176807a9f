using LogEngine.Caching;
using LogEngine.Engine;
using LogEngine.Index;
using LogEngine.Storage;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Case E7: what the index names and no file has was reported in a file called 'index'. There is none:
/// the directory is named, and a sentence says what is missing from it.
/// </summary>
public sealed class MissingChunkTests : IDisposable
{
    private const string Directory = "/store";

    private readonly CommittedIndex _state = new(
        new OrderedIndex(new IndexOptions()), new ValueCache(0));

    public void Dispose() => _state.Dispose();

    [Fact]
    public void A_large_value_without_its_chunks_is_missing_from_the_directory()
    {
        using ValueReader values = new(new MemoryFileSystem(), _state, Directory, direct: false);
        _state.Publish();
        using PinnedRoot root = _state.Index.Pin();
        using PooledBytes into = new();
        CorruptionException damage = Assert.Throws<CorruptionException>(
            () => values.ReadChunks(root, 7, into));
        Assert.Equal((Directory, -1), (damage.Path, damage.Offset));
        Assert.Equal("chunk 0 of the large value 7 is missing", damage.Reason);
    }

    [Fact]
    public void A_value_in_a_segment_that_is_not_there_is_missing_from_the_directory()
    {
        using ValueReader values = new(new MemoryFileSystem(), _state, Directory, direct: false);
        IndexValue entry = new(12, new Location(5, 4096, 64).Word, 0);
        CorruptionException damage = values.Gone(entry);
        Assert.Equal((Directory, -1), (damage.Path, damage.Offset));
        Assert.Equal(
            "the index says that version 12 of a value is in a segment that is not there (slot 5)",
            damage.Reason);
    }
}
