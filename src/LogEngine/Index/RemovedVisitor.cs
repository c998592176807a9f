namespace LogEngine.Index;

/// <summary>Told of each entry that a range removal takes out, in ascending order.</summary>
/// <remarks>It must not throw and must not call the index.</remarks>
/// <param name="key">Valid during the call.</param>
/// <param name="value">What the key had.</param>
internal delegate void RemovedVisitor(ReadOnlySpan<byte> key, in IndexValue value);
