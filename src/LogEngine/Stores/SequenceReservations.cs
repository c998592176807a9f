namespace LogEngine.Stores;

/// <summary>
/// Numbers that were given to appends on their way, so that many can be on their way at once without
/// asking for the same one.
/// </summary>
/// <remarks>
/// Only a saving: that a number is used once is a condition of the write, which holds against other
/// store objects too. An append that fails leaves a gap.
/// </remarks>
internal sealed class SequenceReservations
{
    private readonly Lock _gate = new();

    /// <summary>By name: the next number, and how many appends are on their way. Under the gate.</summary>
    private readonly Dictionary<string, (long Next, int Pending)> _names =
        new(StringComparer.Ordinal);

    /// <summary>Takes the next number of a name; give it back by <see cref="Release"/>.</summary>
    /// <param name="name">The name.</param>
    /// <param name="last">The highest number that can be seen.</param>
    /// <param name="count">How many numbers in a row.</param>
    /// <exception cref="InvalidOperationException">There is no number left.</exception>
    internal long Reserve(string name, long last, int count = 1)
    {
        lock (_gate)
        {
            (long next, int pending) = _names.GetValueOrDefault(name);
            next = Math.Max(next - 1, last);
            if (next > long.MaxValue - count - 1)
            {
                throw new InvalidOperationException($"There are no numbers left for '{name}'.");
            }

            _names[name] = (next + 1 + count, pending + 1);
            return next + 1;
        }
    }

    /// <summary>The append that a number was taken for is over.</summary>
    internal void Release(string name)
    {
        lock (_gate)
        {
            (long next, int pending) = _names[name];
            if (pending == 1)
            {
                _names.Remove(name);
            }
            else
            {
                _names[name] = (next, pending - 1);
            }
        }
    }
}
