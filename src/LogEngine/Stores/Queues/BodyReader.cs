using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// Reads the bodies of messages, each for itself: a damaged one is told, not thrown. The bytes that it reads
/// are the message's own, copied once, from the cache or the file.
/// </summary>
internal sealed class BodyReader(QueueParts parts)
{
    [ThreadStatic]
    private static OwnBytes? _bytesOfThread;

    /// <summary>Reads several, in their order; waits only for what is not in memory.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    internal async ValueTask ReadAsync(List<Lease> leases, List<ReadBody> into)
    {
        List<int>? missing = null;
        for (int i = 0; i < leases.Count; i++)
        {
            bool isThere = TryReadCached(leases[i].Entry, out ReadBody read);
            into.Add(read);
            if (!isThere)
            {
                (missing ??= []).Add(i);
            }
        }

        if (missing is null
            || (missing.Count > 1
                && await TryReadAllAsync(leases, missing, into).ConfigureAwait(false)))
        {
            return;
        }

        foreach (int i in missing)
        {
            into[i] = await ReadAsync(leases[i].Entry).ConfigureAwait(false);
        }
    }

    /// <summary>Reads one; what looks damaged is looked at twice.</summary>
    internal async ValueTask<ReadBody> ReadAsync(QueueEntry entry)
    {
        ReadBody read = await ReadOnceAsync(entry).ConfigureAwait(false);
        return read.Error is not null && Unreadable.IsDamage(read.Error)
            ? await ReadOnceAsync(entry).ConfigureAwait(false)
            : read;
    }

    private bool TryReadCached(in QueueEntry entry, out ReadBody read)
    {
        Span<byte> key = stackalloc byte[QueueEntry.MaxKeySize];
        OwnBytes bytes = _bytesOfThread ??= new OwnBytes();
        read = default;
        if (parts.Keyspaces.Messages.TryGetCached(key[..entry.WriteKey(key)], bytes, out _))
        {
            read = Decode(entry, bytes.Take());
        }

        return read.IsWhole;
    }

    private async ValueTask<ReadBody> ReadOnceAsync(QueueEntry entry)
    {
        try
        {
            StoredValue? value = await parts.Keyspaces.Messages.GetAsync(entry.Key)
                .ConfigureAwait(false);
            return Decode(entry, value);
        }
        catch (Exception error) when (Unreadable.Is(error))
        {
            return ReadBody.Failed(error);
        }
    }

    /// <summary>False where one of them cannot be read: they are to be read one by one.</summary>
    private async ValueTask<bool> TryReadAllAsync(
        List<Lease> leases, List<int> missing, List<ReadBody> into)
    {
        StoredValue?[] values;
        try
        {
            values = await parts.Keyspaces.Messages.GetManyAsync(
                missing.ConvertAll(i => (ReadOnlyMemory<byte>)leases[i].Entry.Key))
                .ConfigureAwait(false);
        }
        catch (Exception error) when (Unreadable.Is(error))
        {
            return false;
        }

        for (int i = 0; i < values.Length; i++)
        {
            into[missing[i]] = Decode(leases[missing[i]].Entry, values[i]);
        }

        return true;
    }

    /// <summary>
    /// The value is not disposed: its bytes are the message's from now on, as long as somebody has that.
    /// </summary>
    private ReadBody Decode(in QueueEntry entry, StoredValue? value) =>
        value is null ? ReadBody.Expired : Decode(entry, value.Memory);

    private ReadBody Decode(in QueueEntry entry, ReadOnlyMemory<byte> value)
    {
        try
        {
            return new ReadBody(MessageCodec.Read(value, parts.Name, entry.Id), null);
        }
        catch (UndecodableValueException error)
        {
            return ReadBody.Failed(error);
        }
    }

    /// <summary>Gives each value an array of its own, of its length.</summary>
    private sealed class OwnBytes : IBufferWriter<byte>
    {
        private byte[] _array = [];

        public void Advance(int count) => Debug.Assert(count == _array.Length, "It was asked for so many.");

        public Memory<byte> GetMemory(int sizeHint = 0) =>
            _array = GC.AllocateUninitializedArray<byte>(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        internal byte[] Take()
        {
            byte[] array = _array;
            _array = [];
            return array;
        }
    }
}
