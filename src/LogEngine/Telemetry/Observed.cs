using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace LogEngine.Telemetry;

/// <summary>
/// What is open at the moment and can be asked for its statistics, and the instruments that ask.
/// </summary>
/// <typeparam name="T">The statistics.</typeparam>
internal sealed class Observed<T>
    where T : class
{
    private readonly ConcurrentDictionary<object, (Func<T?> Ask, KeyValuePair<string, object?>[] Tags)>
        _open = new(ReferenceEqualityComparer.Instance);

    /// <param name="key">By which it is left.</param>
    /// <param name="ask">Gives the statistics; null where they are not known at the moment.</param>
    /// <param name="tags">Tags of all its figures.</param>
    internal void Enter(object key, Func<T?> ask, params KeyValuePair<string, object?>[] tags) =>
        _open[key] = (ask, tags);

    internal void Leave(object key) => _open.TryRemove(key, out _);

    /// <summary>A counter that only rises while its owner is open.</summary>
    internal void Counter(string name, string unit, string description, Func<T, long> value) =>
        Instrumentation.Meter.CreateObservableCounter(
            name, () => Measure(value), unit, description);

    /// <summary>A figure that rises and falls.</summary>
    internal void UpDown(string name, string unit, string description, Func<T, long> value) =>
        Instrumentation.Meter.CreateObservableUpDownCounter(
            name, () => Measure(value), unit, description);

    /// <summary>The same with one more tag, for several figures of one kind.</summary>
    internal void UpDown(
        string name,
        string unit,
        string description,
        string tag,
        params (string Value, Func<T, long> Of)[] figures) =>
        Instrumentation.Meter.CreateObservableUpDownCounter(
            name,
            () => figures.SelectMany(figure => Measure(
                figure.Of, new KeyValuePair<string, object?>(tag, figure.Value))),
            unit,
            description);

    private List<Measurement<long>> Measure(
        Func<T, long> value, params KeyValuePair<string, object?>[] more)
    {
        List<Measurement<long>> found = [];
        foreach ((Func<T?> ask, KeyValuePair<string, object?>[] tags) in _open.Values)
        {
            try
            {
                if (ask() is { } statistics)
                {
                    found.Add(new Measurement<long>(value(statistics), [.. tags, .. more]));
                }
            }
            catch (ObjectDisposedException)
            {
                // Closed in this moment: there is nothing to say of it.
            }
        }

        return found;
    }
}
