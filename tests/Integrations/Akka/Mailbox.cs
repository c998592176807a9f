using System.Threading.Channels;

namespace LogEngine.AkkaTests;

/// <summary>An actor that keeps what it is told until a test asks for it.</summary>
internal sealed class Mailbox
{
    private readonly Channel<object> _told = Channel.CreateUnbounded<object>();

    internal Mailbox(ActorSystem system)
    {
        ChannelWriter<object> into = _told.Writer;
        Ref = system.ActorOf(Props.Create(() => new Receiver(into)));
    }

    internal IActorRef Ref { get; }

    /// <summary>The next message, which must be of that type.</summary>
    internal async Task<T> NextAsync<T>() =>
        Assert.IsType<T>(await _told.Reader.ReadAsync().Soon(), exactMatch: false);

    private sealed class Receiver : UntypedActor
    {
        private readonly ChannelWriter<object> _into;

        public Receiver(ChannelWriter<object> into) => _into = into;

        protected override void OnReceive(object message) => _into.TryWrite(message);
    }
}
