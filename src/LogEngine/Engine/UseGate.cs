using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LogEngine.Engine;

/// <summary>
/// Who is using native memory right now: closing frees it only when nobody is. Entering and leaving
/// is an interlocked increment of a counter that mostly no other thread touches.
/// </summary>
internal sealed class UseGate
{
    private const int Slots = 32;

    private readonly Slot[] _slots = new Slot[Slots];
    private volatile bool _closed;

    /// <summary>Its lowest bit says which of two counters those who enter now take.</summary>
    private volatile int _phase;

    /// <summary>Enters; gives what <see cref="Leave"/> takes.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Enter()
    {
        int slot = ((Environment.CurrentManagedThreadId % Slots) << 1) | (_phase & 1);

        // The increment is a full fence: whoever closes sees it, or we see that it is closed.
        Interlocked.Increment(ref Users(slot));
        if (_closed)
        {
            Leave(slot);
            throw new ObjectDisposedException(nameof(StorageEngine));
        }

        return slot;
    }

    internal void Leave(int slot) => Interlocked.Decrement(ref Users(slot));

    /// <summary>
    /// Returns when everybody who was inside at the call has left; those who enter meanwhile do not
    /// hold it up. One caller at a time.
    /// </summary>
    internal void WaitForUsers()
    {
        // Twice: who has read the old phase just before it changed may count himself only later,
        // and is then among those of the next time.
        for (int i = 0; i < 2; i++)
        {
            int before = _phase++ & 1;
            Interlocked.MemoryBarrier();
            WaitUntilLeft(before);
        }
    }

    /// <summary>Lets nobody in any more, and waits until everybody has left.</summary>
    internal void Close()
    {
        _closed = true;
        Interlocked.MemoryBarrier();
        WaitUntilLeft(0);
        WaitUntilLeft(1);
    }

    private ref int Users(int slot) => ref (slot & 1) == 0
        ? ref _slots[slot >> 1].Even
        : ref _slots[slot >> 1].Odd;

    private void WaitUntilLeft(int phase)
    {
        SpinWait spin = default;
        for (int i = 0; i < Slots; i++)
        {
            while (Volatile.Read(ref Users((i << 1) | phase)) != 0)
            {
                spin.SpinOnce();
            }
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Slot
    {
        [FieldOffset(64)]
        internal int Even;

        [FieldOffset(68)]
        internal int Odd;
    }
}
