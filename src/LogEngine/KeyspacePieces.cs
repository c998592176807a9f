using System.Buffers;

namespace LogEngine;

/// <summary>
/// Values in several pieces, which the caller does not have to join: a sequence of buffers, as a pipe gives it,
/// or a header that he makes and a body that he was given.
/// </summary>
/// <remarks>
/// The same as the forms with one piece in everything else: the value is what the pieces are together. They must
/// not change until the call completes.
/// </remarks>
public static class KeyspacePieces
{
    /// <summary>Gives a key a value, whatever was there.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">The pieces; 0 bytes to 64 MiB together.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    public static ValueTask<long> PutAsync(
        this Keyspace keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlySequence<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return value.IsSingleSegment
            ? keyspace.PutAsync(key, value.First, durability, expiresAt, cancellationToken)
            : PutJoinedAsync(
                keyspace, key, Joined.Of(value), durability, expiresAt, cancellationToken);
    }

    /// <summary>Gives a key a value of a header and a body, whatever was there.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="header">What the value begins with.</param>
    /// <param name="body">What follows it.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The value's version. Await it once.</returns>
    public static ValueTask<long> PutAsync(
        this Keyspace keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> header,
        ReadOnlyMemory<byte> body,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return PutJoinedAsync(
            keyspace,
            key,
            Joined.Of(header.Span, body.Span),
            durability,
            expiresAt,
            cancellationToken);
    }

    /// <summary>Gives a key a value only if its value still has a version.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">The pieces; 0 bytes to 64 MiB together.</param>
    /// <param name="expectedVersion">The version it must have; 0: it must be absent.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Whether it was written, and the version made or in the way.</returns>
    public static async ValueTask<ConditionalResult> CompareAndSetAsync(
        this Keyspace keyspace,
        ReadOnlyMemory<byte> key,
        ReadOnlySequence<byte> value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        Joined joined = Joined.Of(value);
        ConditionalResult result = await keyspace.CompareAndSetAsync(
            key, joined.Memory, expectedVersion, durability, expiresAt, cancellationToken)
            .ConfigureAwait(false);
        joined.Return();
        return result;
    }

    /// <summary>Lets a batch give a key a value of several pieces.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">The pieces; they are copied at once.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    public static void Put(
        this WriteBatch batch,
        Keyspace keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySequence<byte> value,
        DateTimeOffset? expiresAt = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Put(batch, keyspace, key, Joined.Of(value), expiresAt);
    }

    /// <summary>Lets a batch give a key a value of a header and a body.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="header">What the value begins with.</param>
    /// <param name="body">What follows it; both are copied at once.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    public static void Put(
        this WriteBatch batch,
        Keyspace keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> header,
        ReadOnlySpan<byte> body,
        DateTimeOffset? expiresAt = null)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Put(batch, keyspace, key, Joined.Of(header, body), expiresAt);
    }

    private static void Put(
        WriteBatch batch,
        Keyspace keyspace,
        ReadOnlySpan<byte> key,
        Joined value,
        DateTimeOffset? expiresAt)
    {
        try
        {
            batch.Put(keyspace, key, value.Memory.Span, expiresAt);
        }
        finally
        {
            value.Return();
        }
    }

    private static async ValueTask<long> PutJoinedAsync(
        Keyspace keyspace,
        ReadOnlyMemory<byte> key,
        Joined value,
        Durability? durability,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        long version = await keyspace
            .PutAsync(key, value.Memory, durability, expiresAt, cancellationToken)
            .ConfigureAwait(false);

        // Only then: where the wait ended otherwise somebody may still read it.
        value.Return();
        return version;
    }

    /// <summary>Pieces in one array of the pool.</summary>
    private readonly struct Joined
    {
        private readonly byte[] _array;

        private Joined(byte[] array, int length)
        {
            _array = array;
            Memory = array.AsMemory(0, length);
        }

        internal ReadOnlyMemory<byte> Memory { get; }

        internal static Joined Of(ReadOnlySequence<byte> pieces)
        {
            byte[] array = Rent(pieces.Length);
            pieces.CopyTo(array);
            return new Joined(array, (int)pieces.Length);
        }

        internal static Joined Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        {
            byte[] array = Rent((long)first.Length + second.Length);
            first.CopyTo(array);
            second.CopyTo(array.AsSpan(first.Length));
            return new Joined(array, first.Length + second.Length);
        }

        internal void Return()
        {
            if (_array.Length > 0)
            {
                RentedBytes.Return(_array);
            }
        }

        private static byte[] Rent(long length)
        {
            if (length > StorageEngine.MaxValueBytes)
            {
                throw new RecordTooLargeException("Value in bytes", length, StorageEngine.MaxValueBytes);
            }

            return length == 0 ? [] : RentedBytes.Rent((int)length);
        }
    }
}
