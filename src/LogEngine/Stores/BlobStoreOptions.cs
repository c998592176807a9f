namespace LogEngine.Stores;

/// <summary>How a <see cref="BlobStore"/> is opened. Immutable.</summary>
public sealed record BlobStoreOptions
{
    /// <summary>Default of <see cref="ChunkBytes"/>: 128 KiB.</summary>
    public static int DefaultChunkBytes => 128 << 10;

    /// <summary>Smallest <see cref="ChunkBytes"/>: 512.</summary>
    public static int MinChunkBytes => 512;

    /// <summary>Largest <see cref="ChunkBytes"/>: 1 MiB.</summary>
    public static int MaxChunkBytes => 1 << 20;

    /// <summary>
    /// Bytes of the pieces that new blobs are stored in, 512 to 1 MiB, default 128 KiB. A store
    /// reads blobs of any piece size. An upload holds nine pieces in memory at most, a
    /// download one.
    /// </summary>
    public int ChunkBytes { get; init; } = DefaultChunkBytes;

    /// <summary>The clock that dates puts; default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ChunkBytes, MinChunkBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ChunkBytes, MaxChunkBytes);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
