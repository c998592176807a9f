using System.Collections.Immutable;
using Akka.Persistence.Journal;

namespace AkkaSample;

/// <summary>Tags what somebody wants to look at.</summary>
internal sealed class LargePayments : IWriteEventAdapter
{
    public string Manifest(object evt) => "";

    public object ToJournal(object evt) =>
        evt is Paid { Amount: > 900 } ? new Tagged(evt, ImmutableHashSet.Create("large")) : evt;
}
