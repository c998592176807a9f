using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Query;

namespace LogEngine.Akka.Persistence;

/// <summary>Makes the read journal, for Akka.Persistence.Query.</summary>
/// <param name="system">The actor system.</param>
/// <param name="config">The section of the read journal.</param>
public sealed class LogEngineReadJournalProvider(ExtendedActorSystem system, Config config) : IReadJournalProvider
{
    /// <inheritdoc/>
    public IReadJournal GetReadJournal() => new LogEngineReadJournal(system, config);
}
