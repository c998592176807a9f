namespace LogEngine.Index;

/// <summary>How an index takes its memory.</summary>
internal sealed record IndexOptions
{
    internal const int DefaultChunkBytes = 64 << 20;
    internal const int DefaultMaxChunks = 1 << 17;
    internal const int DefaultMaxPrefaultBytes = 32 << 20;

    /// <summary>
    /// Bytes by which the arena grows, a power of two from 64 KiB on; address space only, memory
    /// comes when pages are used. Default 64 MiB.
    /// </summary>
    internal int ChunkBytes { get; init; } = DefaultChunkBytes;

    /// <summary>
    /// Most chunks; the table of their addresses is made for as many. Default 131,072.
    /// </summary>
    internal int MaxChunks { get; init; } = DefaultMaxChunks;

    /// <summary>
    /// Most bytes that are faulted in ahead of the writer, on another thread; a small index stays
    /// far below. 0 turns it off. Default 32 MiB.
    /// </summary>
    internal int MaxPrefaultBytes { get; init; } = DefaultMaxPrefaultBytes;

    /// <summary>
    /// For tests: overwrites freed pages and reuses them as late as possible, so that a read of a
    /// freed page is seen. Default off.
    /// </summary>
    internal bool PoisonFreedPages { get; init; }

    /// <summary>
    /// Called with address and length of each new chunk before it is used. For a caller that may
    /// advise the system to use huge pages, which makes random reads of a large index a fifth to a
    /// third faster. Default none.
    /// </summary>
    internal Action<nint, nint>? ChunkAdvice { get; init; }

    internal void Validate()
    {
        if (ChunkBytes < 64 << 10 || (ChunkBytes & (ChunkBytes - 1)) != 0)
        {
            throw new ArgumentException(
                $"{nameof(ChunkBytes)} is a power of two from 65,536 on, not {ChunkBytes}.");
        }

        if (MaxPrefaultBytes < 0)
        {
            throw new ArgumentException(
                $"{nameof(MaxPrefaultBytes)} is not negative, unlike {MaxPrefaultBytes}.");
        }
    }
}
