using System.Threading.Tasks.Sources;

namespace LogEngine.Awaiting;

/// <summary>
/// The side of a pooled completion that its caller touches: whether the outcome is there, who awaits
/// it, and who takes it, once.
/// </summary>
/// <remarks>
/// <para>
/// A caller can do anything with a <see cref="ValueTask"/>: ask for its result before it is there,
/// await it twice, from two threads, or long after the object behind it serves another caller. So
/// one word holds the number of the use and how far it has come, and every step is one
/// compare-and-swap on it: who comes too early, twice or too late finds another word, gets an
/// <see cref="InvalidOperationException"/>, and has touched no field of anybody's. (The framework's
/// ManualResetValueTaskSourceCore compares the number first and acts afterwards.)
/// </para>
/// <para>
/// A number is used once: when the 16 bits of a token end, the object <see cref="IsWornOut"/> and
/// is left to the collector, or a token kept for 65,536 uses would fit again.
/// </para>
/// </remarks>
internal struct AwaitOnce
{
    /// <summary>Somebody registers, or has registered, what is to follow.</summary>
    private const int Awaited = 1;

    /// <summary>What is to follow is in its field.</summary>
    private const int Registered = 2;

    /// <summary>The outcome is there.</summary>
    private const int Complete = 4;

    private const int Flags = Awaited | Registered | Complete;
    private const int NumberShift = 3;

    /// <summary>The number of the use, and the flags above.</summary>
    private int _word;

    /// <summary>
    /// Written by whoever set <see cref="Awaited"/>; read by whoever completes, before he says so.
    /// </summary>
    private Continuation _next;

    /// <summary>Which use this is; of a waiter that is surely the caller's own.</summary>
    internal readonly short Token => (short)(_word >> NumberShift);

    /// <summary>No further use can be told from the first.</summary>
    internal readonly bool IsWornOut => _word >> NumberShift > ushort.MaxValue;

    /// <summary>
    /// How the use stands that a token names. One that is over counts as failed, and whoever then
    /// asks for its result is told why: what the framework runs after an await asks this first, where
    /// an exception would end the process.
    /// </summary>
    internal readonly ValueTaskSourceStatus StatusOf(short token, Exception? error)
    {
        int word = Volatile.Read(in _word);
        if (!IsOf(word, token))
        {
            return ValueTaskSourceStatus.Faulted;
        }

        if ((word & Complete) == 0)
        {
            return ValueTaskSourceStatus.Pending;
        }

        return error switch
        {
            null => ValueTaskSourceStatus.Succeeded,
            OperationCanceledException => ValueTaskSourceStatus.Canceled,
            _ => ValueTaskSourceStatus.Faulted,
        };
    }

    /// <summary>What goes on once the outcome is there.</summary>
    /// <exception cref="InvalidOperationException">It is awaited, or has been taken.</exception>
    internal void OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags)
    {
        Continuation next = Continuation.Of(continuation, state, flags);
        int word;
        do
        {
            word = Read(token);
            if ((word & Awaited) != 0)
            {
                throw Misuse();
            }
        }
        while (Interlocked.CompareExchange(ref _word, word | Awaited, word) != word);

        // Until it is registered nobody can take the outcome, so the field is ours.
        _next = next;
        word = Interlocked.Or(ref _word, Registered);
        if ((word & Complete) != 0)
        {
            next.Queue();
        }
    }

    /// <summary>The outcome is there: runs what follows, on this thread. Once for each use.</summary>
    internal void SetComplete()
    {
        int word;
        Continuation next;
        do
        {
            word = Volatile.Read(ref _word);
            if ((word & Complete) != 0)
            {
                throw new InvalidOperationException("An outcome was delivered twice.");
            }

            // Before the outcome is there: from then on the field may be another use's.
            next = (word & Registered) != 0 ? _next : default;
        }
        while (Interlocked.CompareExchange(ref _word, word | Complete, word) != word);
        next.Run();
    }

    /// <summary>
    /// Takes the outcome, which ends the use: from then on all fields are the caller's.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is not there, or has been taken.</exception>
    internal void Take(short token)
    {
        int word;
        do
        {
            word = Read(token);
            if ((word & Complete) == 0 || (word & (Awaited | Registered)) == Awaited)
            {
                throw Misuse();
            }
        }
        while (Interlocked.CompareExchange(ref _word, NextUse(word), word) != word);
        _next = default;
    }

    private static int NextUse(int word) => (word & ~Flags) + (1 << NumberShift);

    private static InvalidOperationException Misuse() => new(
        "This ValueTask was used wrongly: await it once, at once, and nothing else. Where its result "
        + "is wanted later, twice or by a blocked thread, call AsTask() once and keep the task. The "
        + "write itself goes on and is not affected.");

    private readonly int Read(short token)
    {
        int word = Volatile.Read(in _word);
        return IsOf(word, token) ? word : throw Misuse();
    }

    private static bool IsOf(int word, short token) => (short)(word >> NumberShift) == token;
}
