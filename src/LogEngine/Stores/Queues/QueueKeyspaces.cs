using System.Text;

namespace LogEngine.Stores.Queues;

/// <summary>The keyspaces of one queue; docs/queue.md says what is in them.</summary>
internal sealed class QueueKeyspaces
{
    internal const int MaxNameBytes = 512;
    private const string Prefix = "queue/";
    private const string MetaSuffix = "/meta";

    internal QueueKeyspaces(EmbeddedEngine engine, string name)
    {
        Messages = engine.GetStoreKeyspace($"{Prefix}{name}/messages");
        Attempts = engine.GetStoreKeyspace($"{Prefix}{name}/attempts");
        Dedupe = engine.GetStoreKeyspace($"{Prefix}{name}/dedupe");
        Dead = engine.GetStoreKeyspace($"{Prefix}{name}/dead");
        Meta = engine.GetStoreKeyspace($"{Prefix}{name}{MetaSuffix}");
    }

    internal static byte[] IdsKey => "ids"u8.ToArray();

    internal EmbeddedKeyspace Messages { get; }

    internal EmbeddedKeyspace Attempts { get; }

    internal EmbeddedKeyspace Dedupe { get; }

    internal EmbeddedKeyspace Dead { get; }

    internal EmbeddedKeyspace Meta { get; }

    internal IEnumerable<EmbeddedKeyspace> All => [Messages, Attempts, Dedupe, Dead, Meta];

    /// <summary>Names of the queues that were ever written to.</summary>
    internal static ValueTask<IReadOnlyList<string>> NamesInAsync(
        StorageEngine engine, CancellationToken cancellationToken) =>
        StoreNames.ListAsync(engine, Prefix, MetaSuffix, cancellationToken);

    /// <summary>The same, as a view shows them.</summary>
    internal static async ValueTask<IReadOnlyList<string>> NamesInAsync(
        ReadView view, CancellationToken cancellationToken) => StoreNames.Of(
            await view.ListKeyspacesAsync(cancellationToken).ConfigureAwait(false),
            Prefix,
            MetaSuffix);

    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    internal static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        int bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > MaxNameBytes)
        {
            throw new ArgumentException(
                $"The queue's name has {bytes} bytes of UTF-8; at most {MaxNameBytes} are allowed.",
                nameof(name));
        }
    }
}
