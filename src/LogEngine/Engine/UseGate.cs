using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

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

        // Two flags, each written by one side and then read by the other: we count ourselves and look
        // whether it is closed, who closes says so and looks at the count. At least one must see the
        // other's, so neither side may read before its write is seen by all. On x86 an interlocked
        // instruction is itself that full fence. On arm64 it orders what is before and behind it
        // against itself only by acquire and release, and the acquire is lost where an optimiser
        // finds that the result is not used: so there it is said.
        Interlocked.Increment(ref Users(slot));
        if (!X86Base.IsSupported)
        {
            Interlocked.MemoryBarrier();
        }

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
