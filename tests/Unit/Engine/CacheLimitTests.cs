namespace LogEngine.Unit.Engine;

public sealed class CacheLimitTests
{
    [Theory]
    [InlineData(0, 64L << 20)]
    [InlineData(64L << 20, 16L << 20)]
    [InlineData(256L << 20, 64L << 20)]
    [InlineData(1L << 40, 64L << 20)]
    public void The_default_cache_is_at_most_a_quarter_of_the_memory(long available, long expected) =>
        Assert.Equal(expected, new StorageEngineOptions().CacheBytesWithin(available));

    [Theory]
    [InlineData(0)]
    [InlineData(100L << 20)]
    public void A_cache_that_was_asked_for_is_taken_as_it_is(long asked) => Assert.Equal(
        asked, new StorageEngineOptions { CacheBytes = asked }.CacheBytesWithin(64L << 20));
}
