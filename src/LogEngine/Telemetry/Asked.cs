using System.Diagnostics;

namespace LogEngine.Telemetry;

/// <summary>
/// Statistics that take a question to a server, for instruments, whose readers cannot wait for long: what is known
/// from the last second, and else asked for.
/// </summary>
/// <remarks>Thread-safe. Without a reader nothing is asked, and one question is on its way at a time.</remarks>
/// <typeparam name="T">The statistics.</typeparam>
/// <param name="ask">Asks for them.</param>
internal sealed class Asked<T>(Func<ValueTask<T>> ask)
    where T : class
{
    /// <summary>Whoever collects reads instrument after instrument: they show one answer.</summary>
    internal static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    /// <summary>A reader waits for an answer so long.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();

    /// <summary>The last answer; null before the first, and where there was none.</summary>
    private T? _known;

    /// <summary>When it was asked for; null before the first question.</summary>
    private long? _askedAt;

    /// <summary>The last question was not answered: nobody waits for the next one.</summary>
    private bool _hasFailed;

    /// <summary>The question that is on its way.</summary>
    private Task? _asking;

    /// <summary>
    /// The statistics; those of the time before where an answer takes long, null where there was none.
    /// </summary>
    internal T? Current()
    {
        Task? begun = null;
        lock (_gate)
        {
            if (_asking is null && !IsFresh_NeedsLock())
            {
                _askedAt = Stopwatch.GetTimestamp();
                _asking = Task.Run(AskAsync);
                begun = _hasFailed ? null : _asking;
            }
        }

        // One reader alone waits, and without a server none: a collection asks for many figures of many queues.
        begun?.Wait(Patience);
        lock (_gate)
        {
            return _known;
        }
    }

    private bool IsFresh_NeedsLock() =>
        _askedAt is { } at && Stopwatch.GetElapsedTime(at) < Freshness;

    private async Task AskAsync()
    {
        T? answer = null;
        try
        {
            answer = await ask().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever keeps it from being known: there is no figure, which shows.
        catch
        {
        }
#pragma warning restore CA1031

        lock (_gate)
        {
            _known = answer;
            _hasFailed = answer is null;
            _asking = null;
        }
    }
}
