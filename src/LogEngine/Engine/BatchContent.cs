using LogEngine.Format;

namespace LogEngine.Engine;

/// <summary>
/// What a batch holds, encoded but for the ids of its keyspaces: those are given when it is committed.
/// </summary>
/// <remarks>One thread at a time; whoever fills it sees to that.</remarks>
internal sealed class BatchContent
{
    private readonly List<KeyspaceName> _keyspaces = [];

    // Null until there are any: most batches have none.
    private List<(KeyspaceName Keyspace, byte[] Key, long Expected)>? _conditions;
    private List<(int Operation, byte[] Value)>? _large;
    private List<(int Operation, int At)>? _sequenced;
    private long _largeBytes;

    /// <summary>There are operations that learn at the commit what they are about.</summary>
    private bool _touches;

    /// <summary>Operations added.</summary>
    internal int Count => _keyspaces.Count;

    /// <summary>Conditions added.</summary>
    internal int ConditionCount => _conditions?.Count ?? 0;

    internal long PayloadBytes => Operations.PayloadBytes + _largeBytes;

    /// <summary>The encoded operations; their keyspace ids are set by the commit.</summary>
    internal LogBatch Operations { get; } = new();

    /// <summary>Values that are written ahead in chunks, each for one of the operations.</summary>
    internal IReadOnlyList<(int Operation, byte[] Value)> Large => _large ?? [];

    /// <summary>It does nothing but remove: such a batch may use the space that is kept back.</summary>
    internal bool FreesOnly { get; private set; } = true;

    /// <summary>Puts whose key holds their own sequence, and where in the key.</summary>
    internal IReadOnlyList<(int Operation, int At)> Sequenced => _sequenced ?? [];

    internal KeyspaceName KeyspaceOf(int operation) => _keyspaces[operation];

    /// <summary>The large value of an operation; null where it has none.</summary>
    internal byte[]? LargeOf(int operation) => _large?.Find(l => l.Operation == operation).Value;

    /// <summary>Where the key of a put holds its sequence; -1 for nowhere.</summary>
    internal int SequenceAt(int operation)
    {
        foreach ((int put, int at) in Sequenced)
        {
            if (put == operation)
            {
                return at;
            }
        }

        return -1;
    }

    internal (KeyspaceName Keyspace, byte[] Key, long Expected) Condition(int index) =>
        _conditions![index];

    /// <param name="keyspace">The keyspace.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiresTicks">UTC ticks from which it is absent; 0 for never.</param>
    /// <param name="chunkBytes">A larger value is written ahead.</param>
    /// <exception cref="RecordTooLargeException">It would be too large; it is unchanged.</exception>
    internal void Put(
        KeyspaceName keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        int chunkBytes)
    {
        if (PayloadBytes + value.Length > LogBatch.MaxPayloadBytes)
        {
            throw new RecordTooLargeException(
                "Batch payload in bytes", PayloadBytes + value.Length, LogBatch.MaxPayloadBytes);
        }

        if (value.Length <= chunkBytes)
        {
            Add(keyspace, OperationKind.Put, OperationFlags.None, key, value, expiresTicks);
        }
        else
        {
            byte[] owned = value.ToArray();
            Add(
                keyspace,
                OperationKind.Put,
                OperationFlags.Chunked,
                key,
                stackalloc byte[sizeof(long)],
                expiresTicks);
            (_large ??= []).Add((Count - 1, owned));
            _largeBytes += owned.Length;
        }

        FreesOnly = false;
    }

    internal void Touch(KeyspaceName keyspace, ReadOnlySpan<byte> key, long expiresTicks)
    {
        Add(keyspace, OperationKind.Touch, OperationFlags.None, key, default, expiresTicks);
        _touches = true;
        FreesOnly = false;
    }

    internal void Delete(KeyspaceName keyspace, ReadOnlySpan<byte> key) =>
        Add(keyspace, OperationKind.Delete, OperationFlags.None, key, default, 0);

    internal void DeleteRange(
        KeyspaceName keyspace, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) =>
        Add(keyspace, OperationKind.DeleteRange, OperationFlags.None, from, to, 0);

    /// <summary>Removes a keyspace with all its keys.</summary>
    internal void Drop(KeyspaceName keyspace) =>
        Add(keyspace, OperationKind.DropKeyspace, OperationFlags.None, default, default, 0);

    /// <summary>Nothing is written unless that key has that version by then; 0 for absence.</summary>
    internal void Require(KeyspaceName keyspace, ReadOnlySpan<byte> key, long version) =>
        (_conditions ??= []).Add((keyspace, key.ToArray(), version));

    /// <summary>The key of a put is to hold its own sequence there.</summary>
    internal void MarkSequence(int put, int at) => (_sequenced ??= []).Add((put, at));

    internal void Clear() => CutTo(0, 0);

    /// <summary>
    /// It has been committed, or refused: gives the memory of its operations back. How many they were, and
    /// the conditions, stay known.
    /// </summary>
    internal void Spend() => Operations.Spend();

    /// <summary>Takes back the operations and the conditions from one on.</summary>
    internal void CutTo(int operations, int conditions)
    {
        Operations.CutTo(operations);
        _keyspaces.RemoveRange(operations, Count - operations);
        _conditions?.RemoveRange(conditions, ConditionCount - conditions);
        _sequenced?.RemoveAll(put => put.Operation >= operations);
        _large?.RemoveAll(large => large.Operation >= operations);
        _largeBytes = Large.Sum(large => (long)large.Value.Length);
        _touches = false;
        FreesOnly = true;
        for (int i = 0; i < operations; i++)
        {
            OperationKind kind = OperationCodec.KindOf(Operations.Payload(i));
            _touches |= kind == OperationKind.Touch;
            FreesOnly &= kind is not (OperationKind.Touch or OperationKind.Put);
        }
    }

    /// <summary>Names of the keyspaces it needs and a root does not have, each once; null for none.</summary>
    internal IReadOnlyList<string>? MissingIn(RootFacts facts)
    {
        HashSet<string>? missing = null;
        KeyspaceName? last = null;
        for (int i = 0; i < Count + ConditionCount; i++)
        {
            KeyspaceName keyspace = i < Count ? _keyspaces[i] : _conditions![i - Count].Keyspace;
            if (!ReferenceEquals(keyspace, last) && !keyspace.TryResolve(facts, out _))
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

        if (ConditionCount == 0)
        {
            return _touches || Sequenced.Count > 0 ? [] : null;
        }

        Condition[] conditions = new Condition[ConditionCount];
        for (int i = 0; i < conditions.Length; i++)
        {
            (KeyspaceName keyspace, byte[] key, long expected) = _conditions![i];
            conditions[i] = new Condition(IdOf(keyspace, facts), key, expected);
        }

        return conditions;
    }

    private static uint IdOf(KeyspaceName keyspace, RootFacts facts) =>
        keyspace.TryResolve(facts, out uint id)
            ? id
            : throw new InvalidOperationException(
                $"Invariant broken: keyspace '{keyspace.Name}' was created and is not there.");

    private void Add(
        KeyspaceName keyspace,
        OperationKind kind,
        OperationFlags flags,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks)
    {
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        int length = OperationCodec.WriteHead(
            head, kind, flags, 0, key.Length, expiresTicks, version: 0);
        Operations.Add(head[..length], key, value);
        _keyspaces.Add(keyspace);
    }
}
