namespace LogEngine.Compare.Stores;

/// <summary>
/// Puts of one writer, each acknowledged for itself. What the harness needs for them is made once, so
/// that bytes allocated during a run are the engine's.
/// </summary>
internal interface IBenchStoreWriter
{
    /// <summary>Puts one value; blocks until it is as durable as the run asks for.</summary>
    void Put(ulong key, ReadOnlySpan<byte> value);

    /// <summary>As <see cref="Put"/>; the value must not change until it completes.</summary>
    ValueTask<long> PutAsync(ulong key, ReadOnlyMemory<byte> value)
    {
        Put(key, value.Span);
        return default;
    }
}
