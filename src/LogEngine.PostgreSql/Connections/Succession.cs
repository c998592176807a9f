using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace LogEngine.PostgreSql.Connections;

/// <summary>
/// Which primary was met last. Each promotion begins a timeline with a higher number, so a primary of a lower one has been
/// replaced, whatever it says itself: it may have been frozen, or cut off, and know nothing of it.
/// </summary>
/// <remarks>Thread-safe. Clusters of another identifier do not follow one another: the newest is taken.</remarks>
internal sealed class Succession
{
    private readonly Lock _gate = new();
    private Primary? _last;
    private int _term;

    /// <summary>Another number for each primary: connections of an earlier one are not to be used.</summary>
    internal int Term => Volatile.Read(ref _term);

    /// <exception cref="ReplacedException">Its successor was met already.</exception>
    internal void Require(Primary primary)
    {
        if (Volatile.Read(ref _last) is { } last && last.System == primary.System
            && last.Timeline > primary.Timeline)
        {
            throw new ReplacedException(primary.Timeline, last.Timeline);
        }
    }

    /// <summary>Notes a primary whose commits are confirmed; whether it takes the place of another one.</summary>
    /// <exception cref="ReplacedException">Its successor was met meanwhile.</exception>
    internal bool Meet(Primary primary)
    {
        lock (_gate)
        {
            Require(primary);
            bool succeeds = _last is not null && _last != primary;
            _last = primary;
            if (succeeds)
            {
                Volatile.Write(ref _term, _term + 1);
            }

            return succeeds;
        }
    }
}

/// <summary>A primary, or what was one.</summary>
/// <param name="System">The cluster's identifier.</param>
/// <param name="Timeline">The timeline that it writes to; 0 for a standby.</param>
internal sealed record Primary(long System, long Timeline)
{
    /// <summary>What the statement 'begin' has answered.</summary>
    internal static async Task<Primary> ReadAsync(NpgsqlDataReader row)
    {
        await row.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        return new Primary(row.GetInt64(0), row.GetInt64(1));
    }
}

/// <summary>A primary that was replaced, and does not know it.</summary>
[SuppressMessage("Design", "CA1032", Justification = "It is never seen outside.")]
internal sealed class ReplacedException(long timeline, long last) : Exception(
    $"This primary writes timeline {timeline}, and was replaced by one that writes timeline {last}.");
