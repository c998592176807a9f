using System.Diagnostics.CodeAnalysis;
using OpenTelemetry.PersistentStorage.Abstractions;

namespace LogEngine.OpenTelemetry;

/// <summary>
/// A blob as one caller has found it. What he does is judged by conditions of a commit: that the blob is still the one
/// that he found, and that nobody else has leased it.
/// </summary>
internal sealed class LogEngineBlob : PersistentBlob
{
    private readonly LogEngineBlobProvider _provider;

    /// <summary>Guards the rest, which calls change; held for the length of a call.</summary>
    private readonly Lock _gate = new();
    private BlobKey _key;

    /// <summary>Of the blob; 0 before it is written.</summary>
    private long _version;

    /// <summary>Of the lease that this object has taken last, which may have ended; 0 for none.</summary>
    private long _lease;

    internal LogEngineBlob(LogEngineBlobProvider provider, BlobKey key, long version)
    {
        _provider = provider;
        _key = key;
        _version = version;
    }

    private Keyspace Keyspace => _provider.Keyspace;

    internal bool TryWriteFirst(ReadOnlySpan<byte> buffer, int leasePeriodMilliseconds)
    {
        lock (_gate)
        {
            return TryCommit(_key, isContent: true, buffer, leasePeriodMilliseconds);
        }
    }

    /// <summary>
    /// While the blob is there and is not leased by another one.
    /// </summary>
    protected override bool OnTryRead([NotNullWhen(true)] out byte[]? buffer)
    {
        lock (_gate)
        {
            buffer = null;
            StoredValue?[] found = Waiting.For(Keyspace.GetManyAsync([_key.Blob(), _key.Lease()]));
            using StoredValue? blob = found[0];
            using StoredValue? lease = found[1];
            if (blob is not null && blob.Version == _version && (lease is null || lease.Version == _lease))
            {
                buffer = blob.Memory.ToArray();
            }

            return buffer is not null;
        }
    }

    protected override bool OnTryWrite(byte[] buffer, int leasePeriodMilliseconds = 0)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return OnTryWriteSpan(buffer, leasePeriodMilliseconds);
    }

    /// <summary>Replaces the content; its age stays. False too where there is no room for it.</summary>
    protected override bool OnTryWriteSpan(ReadOnlySpan<byte> buffer, int leasePeriodMilliseconds)
    {
        lock (_gate)
        {
            BlobKey before = _key;
            if (!_provider.TryTakeRoom(buffer.Length))
            {
                return false;
            }

            bool written = false;
            try
            {
                written = TryCommit(
                    before with { Length = buffer.Length }, isContent: true, buffer, leasePeriodMilliseconds);
                return written;
            }
            finally
            {
                _provider.ReturnRoom(written ? before.Length : buffer.Length);
            }
        }
    }

    /// <summary>Takes the lease, or begins the one that this object has anew.</summary>
    protected override bool OnTryLease(int leasePeriodMilliseconds)
    {
        lock (_gate)
        {
            return TryCommit(_key, isContent: false, default, leasePeriodMilliseconds);
        }
    }

    protected override bool OnTryDelete()
    {
        lock (_gate)
        {
            while (TryCurrentLease(out long lease))
            {
                WriteBatch batch = Conditional(lease);
                batch.Delete(Keyspace, _key.Blob());
                if (lease != 0)
                {
                    batch.Delete(Keyspace, _key.Lease());
                }

                if (Applied(batch).Applied)
                {
                    _provider.ReturnRoom(_key.Length);
                    return true;
                }

                if (IsGone())
                {
                    return false;
                }
            }

            return false;
        }
    }

    /// <summary>Writes content under a key, a lease, or both.</summary>
    private bool TryCommit(
        BlobKey key, bool isContent, ReadOnlySpan<byte> content, int leasePeriodMilliseconds)
    {
        while (TryCurrentLease(out long lease))
        {
            WriteBatch batch = Conditional(lease);
            int put = -1;
            if (isContent)
            {
                if (key != _key)
                {
                    batch.Delete(Keyspace, _key.Blob());
                }

                put = batch.Count;
                batch.Put(Keyspace, key.Blob(), content, _provider.ExpiryOf(key));
            }

            int leased = batch.Count;
            if (leasePeriodMilliseconds > 0)
            {
                batch.Put(
                    Keyspace,
                    key.Lease(),
                    [],
                    _provider.Engine.TimeProvider.GetUtcNow().AddMilliseconds(leasePeriodMilliseconds));
            }
            else if (lease != 0)
            {
                batch.Delete(Keyspace, key.Lease());
            }

            if (batch.Count == 0)
            {
                // No lease is asked for and there is none: true if the blob is there.
                return !IsGone();
            }

            CommitResult result = Applied(batch);
            if (result.Applied)
            {
                _key = key;
                _version = put < 0 ? _version : result.Sequences.First + put;
                _lease = leasePeriodMilliseconds > 0 ? result.Sequences.First + leased : 0;
                return true;
            }

            if (IsGone())
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>
    /// The version of the lease that the blob has now, if it is this object's; 0 for none. False where it is
    /// another one's.
    /// </summary>
    private bool TryCurrentLease(out long version)
    {
        version = Waiting.For(Keyspace.GetInfoAsync(_key.Lease()))?.Version ?? 0;
        return version == 0 || version == _lease;
    }

    /// <summary>A batch that is written only if the blob, and its lease, are as they were.</summary>
    private WriteBatch Conditional(long lease)
    {
        WriteBatch batch = _provider.Engine.CreateBatch();
        batch.RequireVersion(Keyspace, _key.Blob(), _version);
        batch.RequireVersion(Keyspace, _key.Lease(), lease);
        return batch;
    }

    private CommitResult Applied(WriteBatch batch) =>
        Waiting.For(_provider.Engine.TryCommitAsync(batch, _provider.Durability));

    /// <summary>
    /// A commit that was refused is tried again, unless it was because of the blob: that never comes back.
    /// </summary>
    private bool IsGone() => (Waiting.For(Keyspace.GetInfoAsync(_key.Blob()))?.Version ?? 0) != _version;
}
