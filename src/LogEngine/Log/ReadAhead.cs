using System.Runtime.ExceptionServices;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>Reads a file in order on another thread, a few buffers ahead of its owner.</summary>
/// <remarks>
/// <para>
/// Its owner is one thread at a time; the scheduler runs <see cref="Execute"/>, never twice at
/// once. The gate guards all fields, and is not held across a read. A filled slot is the owner's;
/// the one behind the filled ones is the reading thread's while a read is on its way.
/// </para>
/// <para>
/// Nothing waits for a thread, only for a read that has begun. Where none has, the owner is told
/// so, and reads for itself: a busy thread pool costs the gain, nothing else.
/// </para>
/// </remarks>
internal sealed class ReadAhead : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Bytes of one read.</summary>
    internal const int ReadBytes = 256 << 10;

    /// <summary>
    /// Bytes before each read, for what its owner has left over: a record may be across. Memory
    /// only where they are used.
    /// </summary>
    internal const int Headroom = ReadBytes;

    private const int SlotCount = 7;

    /// <summary>
    /// The owner looks so often before it sleeps, and lets others run between: the reading thread
    /// may be on the same processor. A read from the page cache is mostly over by then.
    /// </summary>
    private const int Looks = 50;

    private readonly object _gate = new();
    private readonly IStorageFile _file;
    private readonly IScheduler _scheduler;
    private readonly AheadVerifier? _verifier;

    /// <summary>A ring, of which so many from the oldest on are filled.</summary>
    private readonly Slot[] _slots = new Slot[SlotCount];
    private int _oldest;
    private volatile int _filled;

    /// <summary>Where the next read begins, and where reading ends.</summary>
    private long _next;
    private long _limit;

    /// <summary>The scheduler has this item, or runs it.</summary>
    private bool _isScheduled;

    /// <summary>A read is on its way.</summary>
    private volatile bool _isReading;

    /// <param name="file">Open until this is disposed.</param>
    /// <param name="scheduler">Where the reads run.</param>
    /// <param name="verifier">Looks at what was read, right after it was.</param>
    internal ReadAhead(IStorageFile file, IScheduler scheduler, AheadVerifier? verifier)
    {
        _file = file;
        _scheduler = scheduler;
        _verifier = verifier;
        for (int i = 0; i < SlotCount; i++)
        {
            _slots[i].Buffer = NewBuffer();
        }
    }

    /// <summary>
    /// Begins at an offset, and goes on to the limit as the owner takes what was read.
    /// </summary>
    internal void Start(long offset, long limit)
    {
        Drop();
        _verifier?.Forget();
        bool schedule;
        lock (_gate)
        {
            _next = offset;
            _limit = limit;
            schedule = MustSchedule_NeedsLock();
        }

        Schedule(schedule);
    }

    /// <summary>
    /// Takes the next buffer in exchange for the owner's, waiting while it is being read. What is
    /// left over of the owner's goes right before <see cref="Headroom"/>, and what was read behind
    /// it.
    /// </summary>
    /// <param name="buffer">The owner's buffer.</param>
    /// <param name="rest">What is left over of it; at most <see cref="Headroom"/> bytes.</param>
    /// <param name="read">How many bytes were read; 0 at the end of the file.</param>
    /// <param name="verified">Where in the file they have been verified.</param>
    /// <returns>False where nothing has been started, or no thread has come to it.</returns>
    /// <exception cref="StorageIOException">The read failed; nothing is started then.</exception>
    internal bool TryTake(
        ref AlignedBuffer buffer,
        ReadOnlySpan<byte> rest,
        out int read,
        out VerifiedRange verified)
    {
        read = 0;
        verified = default;
        if (!WaitForOldest())
        {
            return false;
        }

        ref Slot slot = ref _slots[_oldest];
        if (slot.Error is { } error)
        {
            Drop();
            error.Throw();
        }

        read = slot.Read;
        verified = slot.Verified;
        rest.CopyTo(slot.Buffer.Slice(Headroom - rest.Length, rest.Length));
        (buffer, slot.Buffer) = (slot.Buffer, buffer);
        if (slot.Buffer.Length != buffer.Length)
        {
            slot.Buffer.Dispose();
            slot.Buffer = NewBuffer();
        }

        bool schedule;
        lock (_gate)
        {
            _oldest = (_oldest + 1) % SlotCount;
            _filled--;

            // Not for a single slot: to wake a thread costs as much as reading one.
            schedule = _filled <= SlotCount / 2 && MustSchedule_NeedsLock();
        }

        Schedule(schedule);
        return true;
    }

    /// <summary>Forgets what was started; afterwards file and buffers are not in use.</summary>
    internal void Drop()
    {
        lock (_gate)
        {
            _limit = 0;
            while (_isReading)
            {
                Monitor.Wait(_gate);
            }

            _filled = 0;
        }
    }

    /// <summary>
    /// Reads until all slots are filled or the limit is reached. On the scheduler.
    /// </summary>
    public void Execute()
    {
        int at;
        lock (_gate)
        {
            at = Begin_NeedsLock();
        }

        while (at >= 0)
        {
            ReadInto(ref _slots[at]);
            lock (_gate)
            {
                Complete_NeedsLock(_slots[at]);
                at = Begin_NeedsLock();
            }
        }
    }

    /// <summary>Drops what was started, and frees the memory.</summary>
    public void Dispose()
    {
        Drop();
        foreach (Slot slot in _slots)
        {
            slot.Buffer.Dispose();
        }
    }

    private static AlignedBuffer NewBuffer() => new(Headroom + ReadBytes, zeroed: false);

    /// <summary>Whether a slot is filled, once no read of the first one is on its way.</summary>
    private bool WaitForOldest()
    {
        SpinWait spin = default;
        while (spin.Count < Looks && _filled == 0 && _isReading)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        lock (_gate)
        {
            while (_filled == 0 && _isReading)
            {
                Monitor.Wait(_gate);
            }

            return _filled > 0;
        }
    }

    private bool MustSchedule_NeedsLock()
    {
        bool must = !_isScheduled && _next < _limit;
        _isScheduled |= must;
        return must;
    }

    private void Schedule(bool must)
    {
        if (must)
        {
            _scheduler.Queue(this);
        }
    }

    /// <summary>The slot to read into; -1 where there is none, or nothing to read.</summary>
    private int Begin_NeedsLock()
    {
        _isReading = _next < _limit && _filled < SlotCount;
        _isScheduled = _isReading;
        if (!_isReading)
        {
            return -1;
        }

        int at = (_oldest + _filled) % SlotCount;
        _slots[at].Offset = _next;
        _slots[at].Wanted = (int)Math.Min(ReadBytes, _limit - _next);
        return at;
    }

    private void ReadInto(ref Slot slot)
    {
        slot.Error = null;
        slot.Read = 0;
        slot.Verified = default;
        try
        {
            Span<byte> bytes = slot.Buffer.Slice(Headroom, slot.Wanted);
            slot.Read = _file.Read(bytes, slot.Offset);
            if (_verifier is not null)
            {
                slot.Verified = _verifier.Verify(bytes[..slot.Read], slot.Offset);
            }
        }
        catch (Exception error)
        {
            // Thrown where the bytes are wanted, by the thread that wants them.
            slot.Error = ExceptionDispatchInfo.Capture(error);
        }
    }

    private void Complete_NeedsLock(in Slot slot)
    {
        _filled++;
        _next = slot.Offset + slot.Read;
        if (slot.Read < slot.Wanted)
        {
            // Failed, or the file ends here.
            _limit = 0;
        }

        _isReading = false;
        Monitor.PulseAll(_gate);
    }

    private struct Slot
    {
        internal AlignedBuffer Buffer;
        internal long Offset;
        internal int Wanted;
        internal int Read;
        internal VerifiedRange Verified;
        internal ExceptionDispatchInfo? Error;
    }
}
