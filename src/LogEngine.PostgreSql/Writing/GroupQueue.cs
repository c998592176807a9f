using System.Threading.Channels;

namespace LogEngine.PostgreSql.Writing;

/// <summary>What waits to be written, in the order in which it came; several take from it, a group at a time.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class GroupQueue
{
    private const int MostRequests = 1000;
    private const long MostBytes = 8 << 20;

    private readonly Channel<WriteRequest> _waiting = Channel.CreateUnbounded<WriteRequest>(
        new UnboundedChannelOptions { AllowSynchronousContinuations = false });

    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    internal void Add(WriteRequest request) =>
        ObjectDisposedException.ThrowIf(!_waiting.Writer.TryWrite(request), typeof(StorageEngine));

    /// <summary>No more is added; what waits is written.</summary>
    internal void Close() => _waiting.Writer.TryComplete();

    /// <summary>Waits for something; false once it is closed and empty.</summary>
    internal ValueTask<bool> WaitAsync() => _waiting.Reader.WaitToReadAsync(CancellationToken.None);

    /// <summary>Takes a group; may be empty, where somebody else was faster.</summary>
    internal List<WriteRequest> Take()
    {
        List<WriteRequest> group = [];
        long bytes = 0;
        while (group.Count < MostRequests && bytes < MostBytes
            && _waiting.Reader.TryRead(out WriteRequest? request))
        {
            group.Add(request);
            bytes += request.Bytes;
        }

        return group;
    }
}
