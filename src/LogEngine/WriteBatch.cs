using LogEngine.Engine;
using LogEngine.Format;

namespace LogEngine;

/// <summary>
/// Operations on any keyspaces of one engine that commit together, under conditions if there are any:
/// after a crash all of them are there, or none.
/// </summary>
/// <remarks>
/// Made by <see cref="StorageEngine.CreateBatch"/>. Copies what is added. Operations take effect in
/// the order in which they were added; conditions are judged before any of them. Not thread-safe. It
/// serves one commit.
/// </remarks>
public sealed class WriteBatch
{
    private const int Open = 0;
    private const int Changing = 1;
    private const int Taken = 2;

    private readonly StorageEngine _engine;
    private List<IBatchObserver>? _observers;
    private CounterSums? _sums;
    private List<object>? _parts;

    /// <summary>Open, being changed, or handed to a commit; see below.</summary>
    private int _state;

    internal WriteBatch(StorageEngine engine) => _engine = engine;

    /// <summary>Operations added.</summary>
    public int Count => Content.Count;

    /// <summary>Conditions added.</summary>
    public int ConditionCount => Content.ConditionCount;

    /// <summary>Bytes of the keys and values added, and of what goes with each.</summary>
    public long PayloadBytes => Content.PayloadBytes;

    /// <summary>Takes back everything that was added: operations, conditions, observers.</summary>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Clear()
    {
        using Change change = BeginChange();
        Content.Clear();
        _observers = null;
        _sums = null;
        _parts = null;
    }

    /// <summary>
    /// How much has been added up to now, to be given to <see cref="TruncateTo"/>; good until something before
    /// it is taken back.
    /// </summary>
    public BatchMark Mark() => new(this, Count, ConditionCount, _observers?.Count ?? 0, Parts.Count);

    /// <summary>
    /// Takes back what was added since: operations, conditions, observers, and with these what stores were to
    /// decide when the batch is committed. What it was to have given stays unknown.
    /// </summary>
    /// <param name="mark">The moment.</param>
    /// <exception cref="ArgumentException">
    /// The mark is another batch's, or some of what was before it has been taken back.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void TruncateTo(BatchMark mark)
    {
        if (!ReferenceEquals(mark.Batch, this)
            || mark.Operations > Count
            || mark.Conditions > ConditionCount
            || mark.Observers > (_observers?.Count ?? 0)
            || mark.Parts > Parts.Count)
        {
            throw new ArgumentException(
                "The mark is another batch's, or what it stands for has been taken back.", nameof(mark));
        }

        using Change change = BeginChange();
        Content.CutTo(mark.Operations, mark.Conditions);
        _observers?.RemoveRange(mark.Observers, _observers.Count - mark.Observers);
        _parts?.RemoveRange(mark.Parts, _parts.Count - mark.Parts);
        _sums = null;
    }

    internal bool IsOf(StorageEngine engine) => ReferenceEquals(_engine, engine);

    /// <summary>It has been handed to a commit.</summary>
    internal bool IsTaken => Volatile.Read(ref _state) == Taken;

    /// <summary>Counters that the commit which is under way has looked at.</summary>
    internal CounterSums Sums => _sums ??= new CounterSums(this);

    /// <summary>What it holds; not changed any more once it is taken.</summary>
    internal BatchContent Content { get; } = new();

    /// <summary>Gives a key a value, whatever was there.</summary>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="value">0 bytes to 64 MiB; all values of a batch together too.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <exception cref="ArgumentException">
    /// The key is empty or too long, or the keyspace is another engine's.
    /// </exception>
    /// <exception cref="RecordTooLargeException">The batch would be too large; it is unchanged.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Put(
        Keyspace keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        DateTimeOffset? expiresAt = null)
    {
        Check(keyspace, key);
        int chunkBytes = _engine.ChunkBytes;
        using Change change = BeginChange();
        Content.Put(keyspace.Id, key, value, StorageEngine.ExpiryTicks(expiresAt), chunkBytes);
    }

    /// <summary>
    /// Gives a new key a value: one that holds the version which the commit gives to the put, as 8 bytes,
    /// big-endian. So keys of one prefix are in the order of their commits, and no two are the same, without
    /// anybody counting: a feed, a journal, a history.
    /// </summary>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="prefix">What the key begins with; may be empty.</param>
    /// <param name="value">0 bytes to 64 MiB; all values of a batch together too.</param>
    /// <param name="suffix">What the key ends with; may be empty.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <returns>The version, known once the batch has been committed.</returns>
    /// <exception cref="NotSupportedException">
    /// The engine cannot (<see cref="EngineCapabilities.PutsSequencedKeys"/>).
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The key is too long, or the keyspace is another engine's.
    /// </exception>
    /// <inheritdoc cref="Put"/>
    public PendingValue<long> PutSequenced(
        Keyspace keyspace,
        ReadOnlySpan<byte> prefix,
        ReadOnlySpan<byte> value,
        ReadOnlySpan<byte> suffix = default,
        DateTimeOffset? expiresAt = null)
    {
        if (!_engine.Capabilities.PutsSequencedKeys)
        {
            throw new NotSupportedException(
                $"This engine puts no versions into keys; {nameof(EngineCapabilities)}."
                + $"{nameof(EngineCapabilities.PutsSequencedKeys)} says so.");
        }

        byte[] key = [.. prefix, .. new byte[sizeof(long)], .. suffix];
        SequencedPut put = new(Count);
        Put(keyspace, key, value, expiresAt);
        using (BeginChange())
        {
            Content.MarkSequence(Count - 1, prefix.Length);
        }

        Observe(put);
        return put.Version;
    }

    /// <summary>
    /// Gives the value that a key has when the batch is committed another expiry; value and version stay.
    /// Nothing where the key is absent or its value has expired by then. Which value that is, is judged as
    /// conditions are: before any operation of the batch.
    /// </summary>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="expiresAt">From when it is absent; null for never.</param>
    /// <inheritdoc cref="Put"/>
    public void Touch(Keyspace keyspace, ReadOnlySpan<byte> key, DateTimeOffset? expiresAt)
    {
        Check(keyspace, key);
        using Change change = BeginChange();
        Content.Touch(keyspace.Id, key, StorageEngine.ExpiryTicks(expiresAt));
    }

    /// <summary>Removes a key; no error where it is absent.</summary>
    /// <inheritdoc cref="Put"/>
    public void Delete(Keyspace keyspace, ReadOnlySpan<byte> key)
    {
        Check(keyspace, key);
        using Change change = BeginChange();
        Content.Delete(keyspace.Id, key);
    }

    /// <summary>
    /// Removes the keys from one up to, not including, another: one operation, however many they are.
    /// </summary>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="from">The first key to remove; empty for the first of all.</param>
    /// <param name="to">The key to stop before; empty for the end of the keyspace.</param>
    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or the keyspace is another engine's.
    /// </exception>
    /// <exception cref="RecordTooLargeException">The batch would be too large; it is unchanged.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void DeleteRange(Keyspace keyspace, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        KeyRules.CheckRange(from, to);
        Check(keyspace);
        using Change change = BeginChange();
        Content.DeleteRange(keyspace.Id, from, to);
    }

    /// <summary>
    /// The batch is written only if that key has that version when it is committed.
    /// </summary>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="version">The version; 0 for absence.</param>
    /// <exception cref="ArgumentException">
    /// The key is empty or too long, the version negative, or the keyspace is another engine's.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void RequireVersion(Keyspace keyspace, ReadOnlySpan<byte> key, long version)
    {
        Check(keyspace, key);
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        using Change change = BeginChange();
        Content.Require(keyspace.Id, key, version);
    }

    /// <summary>The batch is written only if that key is absent when it is committed.</summary>
    /// <inheritdoc cref="RequireVersion"/>
    public void RequireAbsent(Keyspace keyspace, ReadOnlySpan<byte> key) =>
        RequireVersion(keyspace, key, 0);

    /// <summary>
    /// Adds to the whole number that a key has when the batch is committed; absent counts as 0. Where somebody
    /// else changes it between that look and the commit the batch is refused: make it anew, or use
    /// <see cref="Keyspace.IncrementAsync"/>, which tries again by itself.
    /// </summary>
    /// <remarks>
    /// The value is a counter, see there, and keeps its expiry. A key that is counted in a batch must not be
    /// written by it otherwise: that is an <see cref="InvalidOperationException"/> of the commit. A number that
    /// would overflow, or a value that is no counter, fails the commit too, and nothing is written.
    /// </remarks>
    /// <param name="keyspace">A keyspace of the same engine.</param>
    /// <param name="key">1 to 2,048 bytes.</param>
    /// <param name="delta">What is added; below 0 to subtract.</param>
    /// <returns>The number with what was added, known once the batch has been committed.</returns>
    /// <exception cref="ArgumentException">
    /// The key is empty or too long, or the keyspace is another engine's.
    /// </exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public PendingValue<long> Increment(Keyspace keyspace, ReadOnlySpan<byte> key, long delta = 1)
    {
        Check(keyspace, key);
        byte[] owned = key.ToArray();
        CounterInBatch counter = new(keyspace, owned, delta);
        Observe(counter);
        return counter.Sum;
    }

    /// <summary>
    /// An operation, in the order in which they were added. For engines, and for observers before the commit.
    /// </summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="InvalidOperationException">
    /// The batch has been committed, and the engine has used its memory again.
    /// </exception>
    public WriteOperation GetOperation(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return OperationCodec.TryRead(Content.Operations.Payload(index), out Operation operation)
            ? new WriteOperation(
                (WriteOperationKind)operation.Kind,
                Keyspace.Of(Content.KeyspaceOf(index)),
                operation.Key,
                Content.LargeOf(index) ?? operation.Value,
                operation.ExpiresTicks,
                Content.SequenceAt(index))
            : throw new InvalidOperationException("Invariant broken: an operation that is none.");
    }

    /// <summary>A condition, in the order in which they were added. For engines.</summary>
    /// <param name="index">From 0.</param>
    public WriteCondition GetCondition(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ConditionCount);
        (KeyspaceName keyspace, byte[] key, long expected) = Content.Condition(index);
        return new WriteCondition(Keyspace.Of(keyspace), key, expected);
    }

    /// <summary>
    /// Lets somebody take part in the commit: add to the batch at the last moment, and learn of the
    /// outcome. Observers are called in the order in which they were added.
    /// </summary>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Observe(IBatchObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        using Change change = BeginChange();
        (_observers ??= []).Add(observer);
    }

    /// <summary>
    /// For engines: adds what only the engine itself can carry out, in the same commit as the operations
    /// and only if all conditions hold. It has no version.
    /// </summary>
    /// <param name="part">What it is; the engine knows.</param>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void AddPart(object part)
    {
        ArgumentNullException.ThrowIfNull(part);
        using Change change = BeginChange();
        (_parts ??= []).Add(part);
    }

    /// <summary>For engines: what was added by <see cref="AddPart"/>, in order.</summary>
    public IReadOnlyList<object> Parts => _parts ?? (IReadOnlyList<object>)[];

    /// <summary>Nothing was added to it that a commit could carry out or judge.</summary>
    internal bool IsEmpty => Count + ConditionCount + Parts.Count == 0;

    /// <summary>Those who take part in the commit; null for nobody.</summary>
    internal IReadOnlyList<IBatchObserver>? Observers => _observers;

    /// <summary>
    /// Takes it for its one commit. What another thread still adds, against the rules, is in it or
    /// refused: an operation that came between would be written into no keyspace of the caller's.
    /// </summary>
    internal void Take() => Leave(Open, Taken);

    private void Check(Keyspace keyspace, ReadOnlySpan<byte> key)
    {
        KeyRules.CheckKey(key);
        Check(keyspace);
    }

    private void Check(Keyspace keyspace)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        RequireOpen();
        if (!keyspace.IsOf(_engine))
        {
            throw new ArgumentException(
                $"Keyspace '{keyspace.Name}' is another engine's.", nameof(keyspace));
        }
    }

    internal void RequireOpen()
    {
        if (IsTaken)
        {
            throw TakenAlready();
        }
    }

    private Change BeginChange()
    {
        Leave(Open, Changing);
        return new Change(this);
    }

    private void Leave(int from, int to)
    {
        int found = Interlocked.CompareExchange(ref _state, to, from);
        if (found != from)
        {
            throw found == Taken
                ? TakenAlready()
                : new InvalidOperationException(
                    "Another thread is changing the batch; it belongs to one at a time.");
        }
    }

    private static InvalidOperationException TakenAlready() =>
        new("The batch has been committed already; make a new one.");

    /// <summary>A change of the batch, until it is disposed.</summary>
    private readonly ref struct Change(WriteBatch batch)
    {
        public void Dispose() => Volatile.Write(ref batch._state, Open);
    }
}
