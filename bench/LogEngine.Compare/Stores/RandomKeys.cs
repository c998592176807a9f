namespace LogEngine.Compare.Stores;

/// <summary>Keys of a filled store at random, at a few nanoseconds each.</summary>
internal struct RandomKeys(int seed, long keys)
{
    private ulong _state = StoreKeys.Of(seed) | 1;

    /// <summary>The next ones.</summary>
    internal void Fill(Span<ulong> destination)
    {
        foreach (ref ulong key in destination)
        {
            _state ^= _state << 13;
            _state ^= _state >> 7;
            _state ^= _state << 17;
            key = StoreKeys.Of((long)Math.BigMul(_state, (ulong)keys, out _));
        }
    }
}
