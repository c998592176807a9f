using System.Threading.Tasks.Sources;

namespace LogEngine.Compare.Stores;

/// <summary>
/// A store that does nothing: what its rows show is the harness's own, and the allocation must be none.
/// </summary>
internal sealed class NothingStore(bool isBlocking) : IBenchStore
{
    /// <inheritdoc/>
    public string Note => "the harness alone";

    /// <inheritdoc/>
    public bool IsBlocking => isBlocking;

    /// <inheritdoc/>
    public IBenchStoreWriter OpenWriter() => new Writer();

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values)
    {
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() => throw new NotSupportedException("It holds nothing.");

    /// <inheritdoc/>
    public ValueTask FlushAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <summary>Completes on the thread pool, as a commit does, and allocates nothing for that.</summary>
    private sealed class Writer : IBenchStoreWriter, IThreadPoolWorkItem,
        IValueTaskSource<long>
    {
        private ManualResetValueTaskSourceCore<long> _source;

        public void Put(ulong key, ReadOnlySpan<byte> value) => Thread.Yield();

        public ValueTask<long> PutAsync(ulong key, ReadOnlyMemory<byte> value)
        {
            _source.Reset();
            short version = _source.Version;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return new ValueTask<long>(this, version);
        }

        public void Execute() => _source.SetResult(0);

        public long GetResult(short token) => _source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) =>
            _source.GetStatus(token);

        public void OnCompleted(
            Action<object?> continuation,
            object? state,
            short token,
            ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);
    }
}
