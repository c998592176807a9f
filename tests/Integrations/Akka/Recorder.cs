using System.Collections.Immutable;
using Akka.Persistence.Journal;

namespace LogEngine.AkkaTests;

/// <summary>
/// Persists the texts that it is sent, and answers each with its sequence number. Texts that are sent together are
/// persisted together.
/// </summary>
internal sealed class Recorder : ReceivePersistentActor
{
    private readonly List<string> _texts = [];

    public Recorder(string persistenceId)
    {
        PersistenceId = persistenceId;
        Recover<string>(_texts.Add);
        Recover<SnapshotOffer>(offer => _texts.AddRange((string[])offer.Snapshot));
        Command<string>(text => Persist(text, persisted =>
        {
            _texts.Add(persisted);
            Sender.Tell(LastSequenceNr);
        }));
        Command<string[]>(texts =>
        {
            PersistAll(texts, _texts.Add);
            DeferAsync("", _ => Sender.Tell(LastSequenceNr));
        });
        Command<Ask>(_ => Sender.Tell(_texts.ToArray()));
        IActorRef asked = ActorRefs.Nobody;
        Command<TakeSnapshot>(_ =>
        {
            asked = Sender;
            SaveSnapshot(_texts.ToArray());
        });
        Command<SaveSnapshotSuccess>(saved => asked.Tell(saved));
        Command<SaveSnapshotFailure>(failed => asked.Tell(failed));
        Command<DeleteTo>(delete =>
        {
            asked = Sender;
            DeleteMessages(delete.SequenceNr);
        });
        Command<DeleteMessagesSuccess>(deleted => asked.Tell(deleted));
        Command<DeleteMessagesFailure>(failed => asked.Tell(failed));
    }

    public override string PersistenceId { get; }

    internal sealed record Ask;

    internal sealed record TakeSnapshot;

    internal sealed record DeleteTo(long SequenceNr);
}

/// <summary>Asking a <see cref="Recorder"/>; an answer may take as long as the machine does.</summary>
internal static class RecorderCalls
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    internal static IActorRef StartRecorder(this ActorSystem system, string persistenceId) =>
        system.ActorOf(Props.Create(() => new Recorder(persistenceId)));

    internal static Task<long> PersistAsync(this IActorRef recorder, params string[] texts) =>
        texts.Length == 1 ? recorder.Ask<long>(texts[0], Patience) : recorder.Ask<long>(texts, Patience);

    internal static Task<string[]> TextsAsync(this IActorRef recorder) =>
        recorder.Ask<string[]>(new Recorder.Ask(), Patience);

    internal static async Task SnapshotAsync(this IActorRef recorder) =>
        Assert.IsType<SaveSnapshotSuccess>(await recorder.Ask<object>(new Recorder.TakeSnapshot(), Patience));

    internal static async Task DeleteAsync(this IActorRef recorder, long to) =>
        Assert.IsType<DeleteMessagesSuccess>(await recorder.Ask<object>(new Recorder.DeleteTo(to), Patience));

    internal static async Task StopNowAsync(this IActorRef actor) =>
        Assert.True(await actor.GracefulStop(Patience));
}

/// <summary>Tags a text with the colours that are in it, and marks it for itself.</summary>
internal sealed class ColourTagger : IEventAdapter
{
    private static readonly string[] Colours = ["green", "black", "blue"];

    public string Manifest(object evt) => evt is string ? "text" : "";

    public object ToJournal(object evt) =>
        evt is string text && Colours.Where(colour => text.Contains(colour, StringComparison.Ordinal)).ToArray() is
        { Length: > 0 } tags
            ? new Tagged(text, tags.ToImmutableHashSet())
            : evt;

    public IEventSequence FromJournal(object evt, string manifest) =>
        evt is string { Length: 0 } ? EventSequence.Empty : EventSequence.Single(evt);
}
