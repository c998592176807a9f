namespace LogEngine;

/// <summary>skeleton</summary>
public sealed class WriteAheadLog : IAsyncDisposable
{
    /// <summary>x</summary>
    public static ValueTask<WriteAheadLog> OpenAsync(
        string directory, WriteAheadLogOptions? options = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public RecoveryReport Recovery => throw new NotImplementedException();
    /// <summary>x</summary>
    public long FirstSequence => throw new NotImplementedException();
    /// <summary>x</summary>
    public long LastSequence => throw new NotImplementedException();
    /// <summary>x</summary>
    public long DurableSequence => throw new NotImplementedException();
    /// <summary>x</summary>
    public LogStatistics Statistics => throw new NotImplementedException();
    /// <summary>x</summary>
    public Task<EngineFaultedException> Faulted => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload, Durability durability = Durability.PowerLoss, CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public long Append(ReadOnlySpan<byte> payload, Durability durability = Durability.PowerLoss) => throw new NotImplementedException();
    /// <summary>x</summary>
    public bool TryAppend(ReadOnlySpan<byte> payload, out long sequence) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask<SequenceRange> AppendBatchAsync(LogBatch batch, Durability durability = Durability.PowerLoss, CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask WaitDurableAsync(long sequence, CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public LogReader OpenReader(long fromSequence, LogReaderOptions? options = null) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask<long?> FindSequenceAsync(DateTimeOffset time, CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask TruncateBeforeAsync(long sequence, CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask CloseAsync() => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>skeleton</summary>
public sealed class LogReader : IAsyncDisposable, IDisposable
{
    /// <summary>x</summary>
    public bool TryRead(out LogRecord record) => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public IAsyncEnumerable<OwnedLogRecord> ReadAllAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();
    /// <summary>x</summary>
    public void Dispose() => throw new NotImplementedException();
    /// <summary>x</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
