namespace LogEngine.Compare.Stores;

/// <summary>A key-value store under load: the least that all sides have in common.</summary>
/// <remarks>
/// Keys are 8 bytes, big-endian, so that their order as bytes is that of the numbers. What a write
/// survives when its call returns is what the run's durability names.
/// </remarks>
internal interface IBenchStore : IAsyncDisposable
{
    /// <summary>How it works, for the table.</summary>
    string Note { get; }

    /// <summary>
    /// Whether writers are threads that block in <see cref="IBenchStoreWriter.Put"/>; else they are
    /// tasks that await <see cref="IBenchStoreWriter.PutAsync"/>.
    /// </summary>
    bool IsBlocking { get; }

    /// <summary>Puts for one writer at a time; any number of them beside each other.</summary>
    IBenchStoreWriter OpenWriter();

    /// <summary>
    /// Puts the keys' values in one batch, atomic where the store has such batches. One thread at a time.
    /// </summary>
    void Update(ReadOnlySpan<ulong> keys, StoreValues values);

    /// <summary>
    /// Fills an empty store in the best way it has, from ascending keys; afterwards everything is
    /// durable and in the shape in which it reads fastest.
    /// </summary>
    void Load(ReadOnlySpan<ulong> keys, StoreValues values);

    /// <summary>A reader for one thread.</summary>
    IBenchStoreReader OpenReader();

    /// <summary>Everything written before survives a power loss when it completes.</summary>
    ValueTask FlushAsync();
}
