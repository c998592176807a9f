namespace LogEngine;

/// <summary>
/// An error of a write that may leave it open whether the write happened. One filter for all of them, whatever
/// the cause: <c>catch (Exception error) when (error is IUndeterminedWrite { MayBeWritten: true })</c>.
/// </summary>
/// <remarks>
/// A fault on the way is a <see cref="StorageFaultedException"/>, a wait that was cancelled an
/// <see cref="AppendCanceledException"/>, which is an <see cref="OperationCanceledException"/> as everywhere in
/// .NET, and all else an <see cref="UndeterminedCommitException"/>. Of every other error of a write, and of
/// these where it is false, nothing was written.
/// </remarks>
public interface IUndeterminedWrite
{
    /// <summary>
    /// True: all of it was written, or will be, or nothing; look before you do it again. False: certainly nothing.
    /// </summary>
    bool MayBeWritten { get; }
}

/// <summary>
/// A commit was sent and its outcome did not come back: all of it is there, or nothing. The engine has asked as
/// far as it could; read one of the keys, or a key that each of your batches carries for that purpose, before
/// you do it again.
/// </summary>
/// <remarks>
/// Of engines that reach what they write through a connection. The embedded engine knows what it has done but
/// where it is faulted, see <see cref="IUndeterminedWrite"/>.
/// </remarks>
public sealed class UndeterminedCommitException : LogEngineException, IUndeterminedWrite
{
    /// <summary>For engines.</summary>
    /// <param name="reason">What happened, in words.</param>
    /// <param name="keys">Keys that it was to write, or some of them: what to ask with.</param>
    /// <param name="commitId">By what the engine's operator finds the commit; null where there is no such thing.</param>
    /// <param name="inner">The underlying error, if any.</param>
    public UndeterminedCommitException(
        string reason,
        IReadOnlyList<WrittenKey> keys,
        string? commitId = null,
        Exception? inner = null)
        : base(
            $"It is not known whether the commit was made: {reason}. Read what it was to write before you do "
            + $"it again{(commitId is null ? "" : $"; its id is {commitId}")}.",
            inner)
    {
        ArgumentNullException.ThrowIfNull(keys);
        Keys = keys;
        CommitId = commitId;
    }

    /// <summary>Always.</summary>
    public bool MayBeWritten => true;

    /// <summary>Keys that it was to write, or some of them.</summary>
    public IReadOnlyList<WrittenKey> Keys { get; }

    /// <summary>By what the engine's operator finds the commit; null where there is no such thing.</summary>
    public string? CommitId { get; }
}

/// <summary>A key of a keyspace that a commit was to write.</summary>
/// <param name="Keyspace">Name of the keyspace.</param>
/// <param name="Key">The key.</param>
public readonly record struct WrittenKey(string Keyspace, ReadOnlyMemory<byte> Key)
{
    /// <summary>Compares what the keys hold, not where they are.</summary>
    public bool Equals(WrittenKey other) =>
        Keyspace == other.Keyspace && Key.Span.SequenceEqual(other.Key.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Keyspace, Contents.Hash(Key));
}
