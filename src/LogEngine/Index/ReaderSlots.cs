using System.Numerics;

namespace LogEngine.Index;

/// <summary>Who is reading right now: a word for each reader, 128 bytes apart.</summary>
/// <remarks>
/// A reader takes a free word by one interlocked exchange, which is also the fence between saying
/// that it reads and looking at the root; leaving is a plain write. Reads are short and never span
/// an await, so there are a few words for each processor; if all are taken, the next reader goes
/// round until one is left.
/// </remarks>
internal sealed class ReaderSlots
{
    private const int Stride = 128 / sizeof(long);
    private const long Free = 0;

    private readonly long[] _words;
    private readonly int _mask;

    internal ReaderSlots()
    {
        int count = (int)BitOperations.RoundUpToPowerOf2(
            (uint)Math.Max(16, 4 * Environment.ProcessorCount));
        _mask = count - 1;

        // One stride of padding on each side of the words.
        _words = new long[(count + 1) * Stride];
    }

    /// <summary>Says that a root of this generation or a later one is read.</summary>
    /// <returns>What <see cref="Exit"/> wants.</returns>
    internal int Enter(long generation) => Take((generation << 1) + 2);

    /// <summary>Says that the pinned root of this generation is read, and no other.</summary>
    internal int EnterPinned(long generation) => Take((generation << 1) + 3);

    internal void Exit(int slot) => Volatile.Write(ref _words[slot], Free);

    /// <summary>
    /// The oldest generation that <see cref="Enter"/> holds; <see cref="long.MaxValue"/> if none.
    /// </summary>
    internal long OldestEpoch()
    {
        long oldest = long.MaxValue;
        for (int slot = Stride; slot < _words.Length; slot += Stride)
        {
            long word = Volatile.Read(ref _words[slot]);
            if (word != Free && (word & 1) == 0)
            {
                oldest = Math.Min(oldest, (word - 2) >> 1);
            }
        }

        return oldest;
    }

    /// <summary>Whether the pinned root of a generation is being read.</summary>
    internal bool ReadsPinned(long generation)
    {
        for (int slot = Stride; slot < _words.Length; slot += Stride)
        {
            if (Volatile.Read(ref _words[slot]) == (generation << 1) + 3)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns once every reader that was in has left.</summary>
    internal void WaitUntilFree()
    {
        for (int slot = Stride; slot < _words.Length; slot += Stride)
        {
            SpinWait wait = default;
            while (Volatile.Read(ref _words[slot]) != Free)
            {
                wait.SpinOnce();
            }
        }
    }

    private int Take(long word)
    {
        int at = Environment.CurrentManagedThreadId & _mask;
        SpinWait wait = default;
        for (int tries = 1; ; tries++)
        {
            int slot = (at + 1) * Stride;
            if (Interlocked.CompareExchange(ref _words[slot], word, Free) == Free)
            {
                return slot;
            }

            at = (at + 1) & _mask;
            if ((tries & _mask) == 0)
            {
                wait.SpinOnce();
            }
        }
    }
}
