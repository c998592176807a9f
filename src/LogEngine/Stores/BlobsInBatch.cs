using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>
/// What a batch that is being committed has done to blobs so far. Each part of it is decided by what the store
/// holds, so those that come later have to know of those before them.
/// </summary>
/// <remarks>Used while a batch is being committed, by one thread at a time.</remarks>
internal sealed class BlobsInBatch
{
    private static readonly ConditionalWeakTable<
        Keyspace, ConditionalWeakTable<WriteBatch, BlobsInBatch>> Shared = [];

    private readonly Dictionary<BlobId, bool> _there = [];
    private readonly Dictionary<string, BlobId?> _names = new(StringComparer.Ordinal);

    /// <summary>That of a batch, shared by all stores on one keyspace.</summary>
    internal static BlobsInBatch Of(WriteBatch batch, Keyspace keyspace) =>
        Shared.GetOrCreateValue(keyspace).GetOrCreateValue(batch);

    /// <summary>Whether a blob is there behind what the batch has done.</summary>
    internal bool IsThere(BlobId id, bool inStore) => _there.GetValueOrDefault(id, inStore);

    /// <summary>Whether the batch puts a blob.</summary>
    internal bool IsPut(BlobId id) => _there.GetValueOrDefault(id);

    internal void NotePut(BlobId id) => _there[id] = true;

    internal void NoteRemoved(BlobId id) => _there[id] = false;

    /// <summary>Which blob a name points at behind what the batch has done; null for none.</summary>
    internal BlobId? PointedAt(string name, BlobId? inStore) =>
        _names.TryGetValue(name, out BlobId? id) ? id : inStore;

    internal void NotePointed(string name, BlobId? id) => _names[name] = id;
}
