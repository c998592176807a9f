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
    private readonly List<Keyspace> _keyspaces = [];

    // Null until there are any: most batches have none.
    private List<(Keyspace Keyspace, byte[] Key, long Expected)>? _conditions;
    private List<(int Operation, byte[] Value)>? _large;
    private List<IBatchObserver>? _observers;
    private long _largeBytes;

    /// <summary>There are operations that learn at the commit what they are about.</summary>
    private bool _touches;

    /// <summary>Open, being changed, or handed to a commit; see below.</summary>
    private int _state;

    internal WriteBatch(StorageEngine engine) => _engine = engine;

    /// <summary>Operations added.</summary>
    public int Count => _keyspaces.Count;

    /// <summary>Conditions added.</summary>
    public int ConditionCount => _conditions?.Count ?? 0;

    /// <summary>Bytes of the keys and values added, and of what goes with each.</summary>
    public long PayloadBytes => Operations.PayloadBytes + _largeBytes;

    /// <summary>Takes back everything that was added: operations, conditions, observers.</summary>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Clear()
    {
        BeginChange();
        Operations.Clear();
        _keyspaces.Clear();
        _conditions = null;
        _large = null;
        _observers = null;
        _largeBytes = 0;
        _touches = false;
        EndChange();
    }

    internal bool IsOf(StorageEngine engine) => ReferenceEquals(_engine, engine);

    /// <summary>It has been handed to a commit.</summary>
    internal bool IsTaken => Volatile.Read(ref _state) == Taken;

    /// <summary>The encoded operations; their keyspace ids are set by the commit.</summary>
    internal LogBatch Operations { get; } = new();

    /// <summary>The keyspace of each operation.</summary>
    internal IReadOnlyList<Keyspace> Keyspaces => _keyspaces;

    internal IReadOnlyList<(Keyspace Keyspace, byte[] Key, long Expected)> Conditions =>
        _conditions ?? [];

    /// <summary>Values that are written ahead in chunks.</summary>
    internal IReadOnlyList<(int Operation, byte[] Value)> Large => _large ?? [];

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
        if (_largeBytes + Operations.PayloadBytes + value.Length > LogBatch.MaxPayloadBytes)
        {
            throw new RecordTooLargeException(
                "Batch payload in bytes",
                _largeBytes + Operations.PayloadBytes + value.Length,
                LogBatch.MaxPayloadBytes);
        }

        long expires = StorageEngine.ExpiryTicks(expiresAt);
        if (value.Length > _engine.ChunkBytes)
        {
            byte[] owned = value.ToArray();
            Add(
                keyspace,
                OperationKind.Put,
                OperationFlags.Chunked,
                key,
                stackalloc byte[8],
                expires,
                owned);
            return;
        }

        Add(keyspace, OperationKind.Put, OperationFlags.None, key, value, expires);
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
        Add(
            keyspace,
            OperationKind.Touch,
            OperationFlags.None,
            key,
            default,
            StorageEngine.ExpiryTicks(expiresAt));
        _touches = true;
    }

    /// <summary>Removes a key; no error where it is absent.</summary>
    /// <inheritdoc cref="Put"/>
    public void Delete(Keyspace keyspace, ReadOnlySpan<byte> key)
    {
        Check(keyspace, key);
        Add(keyspace, OperationKind.Delete, OperationFlags.None, key, default, 0);
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
        Add(keyspace, OperationKind.DeleteRange, OperationFlags.None, from, to, 0);
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
        (_conditions ??= []).Add((keyspace, key.ToArray(), version));
    }

    /// <summary>The batch is written only if that key is absent when it is committed.</summary>
    /// <inheritdoc cref="RequireVersion"/>
    public void RequireAbsent(Keyspace keyspace, ReadOnlySpan<byte> key) =>
        RequireVersion(keyspace, key, 0);

    /// <summary>An operation, in the order in which they were added. For engines.</summary>
    /// <param name="index">From 0.</param>
    public WriteOperation GetOperation(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return OperationCodec.TryRead(Operations.Payload(index), out Operation operation)
            ? new WriteOperation(
                (WriteOperationKind)operation.Kind,
                _keyspaces[index],
                operation.Key,
                _large?.Find(l => l.Operation == index).Value ?? operation.Value,
                operation.ExpiresTicks)
            : throw new InvalidOperationException("Invariant broken: an operation that is none.");
    }

    /// <summary>A condition, in the order in which they were added. For engines.</summary>
    /// <param name="index">From 0.</param>
    public WriteCondition GetCondition(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, ConditionCount);
        (Keyspace keyspace, byte[] key, long expected) = _conditions![index];
        return new WriteCondition(keyspace, key, expected);
    }

    /// <summary>
    /// Lets somebody take part in the commit: add to the batch at the last moment, and learn of the
    /// outcome. Observers are called in the order in which they were added.
    /// </summary>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Observe(IBatchObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        BeginChange();
        (_observers ??= []).Add(observer);
        EndChange();
    }

    /// <summary>Those who take part in the commit; null for nobody.</summary>
    internal IReadOnlyList<IBatchObserver>? Observers => _observers;

    /// <summary>
    /// Takes it for its one commit. What another thread still adds, against the rules, is in it or
    /// refused: an operation that came between would be written into no keyspace of the caller's.
    /// </summary>
    internal void Take() => Leave(Open, Taken);

    /// <summary>Names of the keyspaces it needs and a root does not have, each once; null for none.</summary>
    internal IReadOnlyList<string>? MissingIn(RootFacts facts)
    {
        HashSet<string>? missing = null;
        Keyspace? last = null;
        for (int i = 0; i < Count + ConditionCount; i++)
        {
            Keyspace keyspace = i < Count ? _keyspaces[i] : Conditions[i - Count].Keyspace;
            if (!ReferenceEquals(keyspace, last) && !((EmbeddedKeyspace)keyspace).Id.TryResolve(facts, out _))
            {
                (missing ??= new(StringComparer.Ordinal)).Add(keyspace.Name);
            }

            last = keyspace;
        }

        return missing is null ? null : [.. missing];
    }

    /// <summary>
    /// Names all keyspaces by the ids that they have in a root; gives the conditions, null where nothing
    /// is to be judged.
    /// </summary>
    internal Condition[]? Resolve(RootFacts facts)
    {
        for (int i = 0; i < Count; i++)
        {
            OperationCodec.SetKeyspace(Operations.MutablePayload(i), IdOf(_keyspaces[i], facts));
        }

        if (ConditionCount == 0 && !_touches)
        {
            return null;
        }

        Condition[] conditions = ConditionCount == 0 ? [] : new Condition[ConditionCount];
        for (int i = 0; i < conditions.Length; i++)
        {
            (Keyspace keyspace, byte[] key, long expected) = Conditions[i];
            conditions[i] = new Condition(IdOf(keyspace, facts), key, expected);
        }

        return conditions;
    }

    /// <summary>Adds the removal of a keyspace with all its keys.</summary>
    internal void Drop(Keyspace keyspace) =>
        Add(keyspace, OperationKind.DropKeyspace, OperationFlags.None, default, default, 0);

    private static uint IdOf(Keyspace keyspace, RootFacts facts) =>
        ((EmbeddedKeyspace)keyspace).Id.TryResolve(facts, out uint id)
            ? id
            : throw new InvalidOperationException(
                $"Invariant broken: keyspace '{keyspace.Name}' was created and is not there.");

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

    private void BeginChange() => Leave(Open, Changing);

    private void EndChange() => Volatile.Write(ref _state, Open);

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

    private void Add(
        Keyspace keyspace,
        OperationKind kind,
        OperationFlags flags,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        byte[]? large = null)
    {
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        int length = OperationCodec.WriteHead(
            head, kind, flags, 0, key.Length, expiresTicks, version: 0);
        BeginChange();
        try
        {
            Operations.Add(head[..length], key, value);
            _keyspaces.Add(keyspace);
            if (large is not null)
            {
                (_large ??= []).Add((Count - 1, large));
                _largeBytes += large.Length;
            }
        }
        finally
        {
            EndChange();
        }
    }
}
