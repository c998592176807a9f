using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using LogEngine.Extensions;
using LogEngine.Stores;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Unit.Messages;

/// <summary>What is sent in these tests.</summary>
[MessageName("parcel")]
internal sealed record Parcel(int Number, string To);

/// <summary>Without a name of its own.</summary>
internal sealed record Letter(string Text);

[JsonSerializable(typeof(Parcel))]
[JsonSerializable(typeof(Letter))]
internal sealed partial class ParcelJson : JsonSerializerContext;

/// <summary>What handlers have seen, and what they do.</summary>
internal sealed class Journal
{
    internal ConcurrentQueue<string> Lines { get; } = [];

    internal ConcurrentBag<object> Instances { get; } = [];

    internal Func<Parcel, QueueContext, CancellationToken, ValueTask> OnParcel { get; set; } =
        (_, _, _) => default;
}

internal sealed class ParcelHandler(Journal journal, Scoped scoped) : IQueueHandler<Parcel>
{
    public async ValueTask HandleAsync(
        Parcel message, QueueContext context, CancellationToken cancellationToken)
    {
        Assert.Same(context, scoped.Context);
        journal.Instances.Add(scoped);
        await journal.OnParcel(message, context, cancellationToken);
        journal.Lines.Enqueue($"parcel {message.Number} to {message.To}");
    }
}

internal sealed class LetterHandler(
    Journal journal, [FromKeyedServices("notes")] DocumentStore notes) : IQueueHandler<Letter>
{
    public ValueTask HandleAsync(
        Letter message, QueueContext context, CancellationToken cancellationToken)
    {
        notes.Save(context.Batch, "last", message, ParcelJson.Default.Letter);
        journal.Lines.Enqueue($"letter {message.Text}");
        return default;
    }
}

internal sealed class OtherHandler(Journal journal) : IQueueHandler<QueueDelivery>
{
    public ValueTask HandleAsync(
        QueueDelivery message, QueueContext context, CancellationToken cancellationToken)
    {
        journal.Lines.Enqueue($"other of {message.Body.Length} bytes");
        return default;
    }
}

/// <summary>A service of the message's scope that takes part in its batch.</summary>
internal sealed class Scoped(QueueContext context) : IDisposable
{
    internal QueueContext Context => context;

    internal bool IsDisposed { get; private set; }

    public void Dispose() => IsDisposed = true;
}
