namespace LogEngine.Compare.Engines;

/// <summary>A log under load: the least that all sides have in common.</summary>
internal interface IBenchLog : IAsyncDisposable
{
    /// <summary>How it writes, for the table.</summary>
    string Note { get; }

    /// <summary>
    /// Appends; completes when the record survives what the run's durability names. The payload
    /// must not change until then. Any number of callers at once.
    /// </summary>
    ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload);

    /// <summary>As <see cref="AppendAsync"/>, on the calling thread.</summary>
    long Append(ReadOnlySpan<byte> payload);

    /// <summary>
    /// Appends without waiting for anything; false where there is no room just now. One caller.
    /// </summary>
    bool TryAppend(ReadOnlySpan<byte> payload);

    /// <summary>Completes when everything appended before survives a power loss.</summary>
    ValueTask FlushAsync();
}
