namespace LogEngine.Akka.Persistence;

/// <summary>What all who use a journal in one actor system have in common.</summary>
internal sealed class JournalState(Keyspace keyspace)
{
    internal Keyspace Keyspace => keyspace;

    /// <summary>Writes and deletions, in order for each persistence id.</summary>
    internal WorkByKey Work { get; } = new();

    internal KnownIds Known { get; } = new();

    internal JournalSignal Signal { get; } = new(keyspace);
}
