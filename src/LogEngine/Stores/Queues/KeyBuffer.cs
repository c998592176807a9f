using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>The key of a message, for a call that reads it until it completes; used again after that.</summary>
internal sealed class KeyBuffer : IReusable<KeyBuffer>
{
    private static readonly FreeList<KeyBuffer> Free = new();

    private readonly byte[] _bytes = new byte[QueueEntry.MaxKeySize];
    private int _length;

    KeyBuffer? IReusable<KeyBuffer>.NextFree { get; set; }

    internal ReadOnlyMemory<byte> Key => _bytes.AsMemory(0, _length);

    internal static KeyBuffer Of(in QueueEntry entry)
    {
        KeyBuffer key = Free.TryTake() ?? new KeyBuffer();
        key._length = entry.WriteKey(key._bytes);
        return key;
    }

    /// <summary>Nobody reads it any more.</summary>
    internal void Release() => Free.Return(this);
}
