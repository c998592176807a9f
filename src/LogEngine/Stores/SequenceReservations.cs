using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>
/// Numbers that were given to writes on their way, of one keyspace, so that many can be on their
/// way at once without asking for the same one.
/// </summary>
/// <remarks>
/// A write enters before it looks for the highest number, and leaves when it is over. So between
/// its look and its number nothing is forgotten: what was given before it entered can be seen, what
/// was given since is remembered. All stores on a keyspace share one object. A write that fails
/// leaves a gap.
/// <para>
/// Where several processes share what an engine holds, each knows its own writes only. So this is never
/// what makes a number unique: the condition that the number is free is, which is judged with the commit.
/// What rests on more than that says itself what it does then (<see cref="CheckpointSaver"/>).
/// </para>
/// </remarks>
internal sealed class SequenceReservations
{
    private static readonly ConditionalWeakTable<Keyspace, SequenceReservations> Shared = [];

    private readonly Lock _gate = new();

    /// <summary>Names with writes on their way. Under the gate.</summary>
    private readonly Dictionary<string, Pending> _names = new(StringComparer.Ordinal);

    /// <summary>Of no name, to be used again; null for none. Under the gate.</summary>
    private Pending? _spare;

    /// <summary>The first that nobody holds, to be used again. Under the gate.</summary>
    private Reservation? _free;

    internal static SequenceReservations Of(Keyspace keyspace) =>
        Shared.GetValue(keyspace, static _ => new SequenceReservations());

    /// <summary>Enters; dispose what it gives once, when the write is over.</summary>
    internal Reservation Enter(string name)
    {
        lock (_gate)
        {
            if (!_names.TryGetValue(name, out Pending? pending))
            {
                pending = _spare ?? new Pending();
                _spare = null;
                _names.Add(name, pending);
            }

            pending.Entered++;
            pending.IsCrowded |= pending.Entered > 1;
            Reservation reservation = _free ?? new Reservation(this);
            _free = reservation.Next;
            reservation.Begin(name);
            return reservation;
        }
    }

    /// <summary>
    /// The number from which on nothing of a name may be removed: it belongs to a write on its way,
    /// or will. If it were removed after another write had used it, it would be used twice.
    /// </summary>
    internal long FirstUnsettled(string name)
    {
        lock (_gate)
        {
            return !_names.TryGetValue(name, out Pending? pending) ? long.MaxValue
                : pending.Entered > pending.Taken.Count ? 0
                : pending.Taken[0];
        }
    }

    private bool IsCrowded(string name)
    {
        lock (_gate)
        {
            return _names[name].IsCrowded;
        }
    }

    private long Take(string name, long last)
    {
        lock (_gate)
        {
            Pending pending = _names[name];
            long highest = Math.Max(pending.Highest, last);
            if (highest == long.MaxValue)
            {
                throw new InvalidOperationException($"There are no numbers left for '{name}'.");
            }

            pending.Highest = highest + 1;
            pending.Taken.Add(highest + 1);
            return highest + 1;
        }
    }

    private void Leave(Reservation reservation, string name, long taken)
    {
        lock (_gate)
        {
            reservation.Next = _free;
            _free = reservation;
            Pending pending = _names[name];
            int at = pending.Taken.BinarySearch(taken);
            if (at >= 0)
            {
                pending.Taken.RemoveAt(at);
            }

            if (--pending.Entered == 0)
            {
                _names.Remove(name);
                pending.Clear();
                _spare = pending;
            }
        }
    }

    /// <summary>A write on its way.</summary>
    internal sealed class Reservation(SequenceReservations owner) : IDisposable
    {
        private string _name = "";
        private long _taken = -1;

        /// <summary>The next one that nobody holds.</summary>
        internal Reservation? Next { get; set; }

        /// <summary>
        /// Whether another write of the name has been on its way at the same time. Of several, at
        /// least the last to ask is told so.
        /// </summary>
        internal bool IsCrowded => owner.IsCrowded(_name);

        /// <summary>Takes the next number, once.</summary>
        /// <param name="last">The highest number that was seen after entering.</param>
        /// <exception cref="InvalidOperationException">There is no number left.</exception>
        internal long Take(long last) => _taken = owner.Take(_name, last);

        internal void Begin(string name)
        {
            _name = name;
            _taken = -1;
            Next = null;
        }

        public void Dispose() => owner.Leave(this, _name, _taken);
    }

    private sealed class Pending
    {
        /// <summary>Writes that have entered and not left.</summary>
        internal int Entered { get; set; }

        /// <summary>There have been two of them at once.</summary>
        internal bool IsCrowded { get; set; }

        /// <summary>The highest number that was given while there were any.</summary>
        internal long Highest { get; set; }

        /// <summary>The numbers that they have, ascending: each is above all before it.</summary>
        internal List<long> Taken { get; } = [];

        /// <summary>As new, for another name.</summary>
        internal void Clear()
        {
            IsCrowded = false;
            Highest = 0;
            Taken.Clear();
        }
    }
}
