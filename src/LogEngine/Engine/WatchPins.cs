namespace LogEngine.Engine;

/// <summary>How far the watches have read: the log behind the slowest of them is kept.</summary>
/// <remarks>
/// Thread-safe. Freeing looks at it before it decides. A watch that begins between that look and the freeing
/// may find that what it wants has gone; it notices, since sequences have no gaps (docs/recovery.md).
/// </remarks>
internal sealed class WatchPins
{
    private readonly Lock _gate = new();
    private readonly HashSet<Pin> _pins = [];

    /// <summary>Watches that are open.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _pins.Count;
            }
        }
    }

    /// <summary>Sequence up to which all of them have read; null where there is none.</summary>
    internal long? OldestSequence
    {
        get
        {
            lock (_gate)
            {
                return _pins.Count == 0 ? null : _pins.Min(pin => pin.Sequence);
            }
        }
    }

    /// <summary>Keeps what lies behind a sequence, from now on.</summary>
    internal Pin Add(long sequence)
    {
        Pin pin = new(this) { Sequence = sequence };
        lock (_gate)
        {
            _pins.Add(pin);
        }

        return pin;
    }

    /// <summary>A watch's place.</summary>
    internal sealed class Pin(WatchPins owner) : IDisposable
    {
        private long _sequence;

        /// <summary>Up to which it has read.</summary>
        internal long Sequence
        {
            get => Volatile.Read(ref _sequence);
            set => Volatile.Write(ref _sequence, value);
        }

        public void Dispose()
        {
            lock (owner._gate)
            {
                owner._pins.Remove(this);
            }
        }
    }
}
