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

    internal bool IsClosed => _closed;

    /// <summary>Enters; gives what <see cref="Leave"/> takes.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Enter()
    {
        int slot = Environment.CurrentManagedThreadId % Slots;

        // The increment is a full fence: whoever closes sees it, or we see that it is closed.
        Interlocked.Increment(ref _slots[slot].Users);
        if (_closed)
        {
            Leave(slot);
            throw new ObjectDisposedException(nameof(StorageEngine));
        }

        return slot;
    }

    internal void Leave(int slot) => Interlocked.Decrement(ref _slots[slot].Users);

    /// <summary>Lets nobody in any more, and waits until everybody has left.</summary>
    internal void Close()
    {
        _closed = true;
        Interlocked.MemoryBarrier();
        SpinWait spin = default;
        for (int i = 0; i < Slots; i++)
        {
            while (Volatile.Read(ref _slots[i].Users) != 0)
            {
                spin.SpinOnce();
            }
        }
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Slot
    {
        [FieldOffset(64)]
        internal int Users;
    }
}
