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

    internal static SequenceReservations Of(Keyspace keyspace) =>
        Shared.GetValue(keyspace, static _ => new SequenceReservations());

    /// <summary>Enters; dispose what it gives when the write is over.</summary>
    internal Reservation Enter(string name)
    {
        lock (_gate)
        {
            if (!_names.TryGetValue(name, out Pending? pending))
            {
                _names.Add(name, pending = new Pending());
            }

            pending.Entered++;
            pending.IsCrowded |= pending.Entered > 1;
        }

        return new Reservation(this, name);
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
                : pending.Taken.Min;
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

    private void Leave(string name, long taken)
    {
        lock (_gate)
        {
            Pending pending = _names[name];
            pending.Taken.Remove(taken);
            if (--pending.Entered == 0)
            {
                _names.Remove(name);
            }
        }
    }

    /// <summary>A write on its way.</summary>
    internal sealed class Reservation(SequenceReservations owner, string name) : IDisposable
    {
        private long _taken = -1;

        /// <summary>
        /// Whether another write of the name has been on its way at the same time. Of several, at
        /// least the last to ask is told so.
        /// </summary>
        internal bool IsCrowded => owner.IsCrowded(name);

        /// <summary>Takes the next number, once.</summary>
        /// <param name="last">The highest number that was seen after entering.</param>
        /// <exception cref="InvalidOperationException">There is no number left.</exception>
        internal long Take(long last) => _taken = owner.Take(name, last);

        public void Dispose() => owner.Leave(name, _taken);
    }

    private sealed class Pending
    {
        /// <summary>Writes that have entered and not left.</summary>
        internal int Entered { get; set; }

        /// <summary>There have been two of them at once.</summary>
        internal bool IsCrowded { get; set; }

        /// <summary>The highest number that was given while there were any.</summary>
        internal long Highest { get; set; }

        /// <summary>The numbers that they have.</summary>
        internal SortedSet<long> Taken { get; } = [];
    }
}
