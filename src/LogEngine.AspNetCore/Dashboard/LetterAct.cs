using System.Globalization;
using LogEngine.Stores.Queues;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What can be done with dead letters.</summary>
/// <param name="Key">Its name in addresses.</param>
/// <param name="Verb">In words.</param>
/// <param name="IsOfAll">With all dead letters of a queue.</param>
/// <param name="Consequence">What comes of it, in a sentence.</param>
internal sealed record LetterAct(string Key, string Verb, bool IsOfAll, string Consequence)
{
    internal static readonly LetterAct Replay = new(
        "replay", "Replay", false, "It is enqueued anew, under a new id, and delivered to whoever receives.");

    internal static readonly LetterAct Discard = new(
        "discard", "Discard", false, "It is removed for good.");

    internal static readonly LetterAct ReplayAll = new(
        "replay-all", "Replay all", true,
        "Each is enqueued anew, under a new id, and delivered to whoever receives; those that cannot be read stay.");

    internal static readonly LetterAct DiscardAll = new(
        "discard-all", "Discard all", true, "All of them are removed for good.");

    private static readonly LetterAct[] All = [Replay, Discard, ReplayAll, DiscardAll];

    /// <summary>The one of a name; null where there is none.</summary>
    internal static LetterAct? Of(string? key) => Array.Find(All, act => act.Key == key);

    /// <summary>The address that asks for it, or does it.</summary>
    internal string AddressOf(Place place, string part, string engine, string queue, long? id) => place.To(
        part,
        ("engine", engine),
        ("queue", queue),
        ("act", Key),
        ("id", id?.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Does it; gives how many letters it was done with.</summary>
    internal async ValueTask<long> RunAsync(
        DeadLetterQueue letters, long id, CancellationToken cancellationToken) => Key switch
        {
            "replay" => await letters.ReplayAsync(id, null, cancellationToken).ConfigureAwait(false) ? 1 : 0,
            "discard" => await letters.DiscardAsync(id, null, cancellationToken).ConfigureAwait(false) ? 1 : 0,
            "replay-all" => await letters.ReplayAllAsync(null, cancellationToken).ConfigureAwait(false),
            _ => await letters.DiscardAllAsync(null, cancellationToken).ConfigureAwait(false),
        };
}
