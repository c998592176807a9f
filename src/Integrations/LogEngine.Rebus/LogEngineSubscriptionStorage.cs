using System.Buffers.Binary;
using System.Text;
using Rebus.Subscriptions;

namespace LogEngine.Rebus;

/// <summary>
/// Subscriptions in a keyspace of an engine. A key is a topic behind its length of two bytes, big-endian, and an
/// address; it has no value.
/// </summary>
internal sealed class LogEngineSubscriptionStorage(StorageEngine engine, string name) : ISubscriptionStorage
{
    private readonly Keyspace _keyspace = engine.GetStoreKeyspace($"logengine/rebus/subscriptions/{name}");

    public bool IsCentralized => true;

    public async Task<IReadOnlyList<string>> GetSubscriberAddresses(string topic)
    {
        byte[] prefix = Key(topic, "");
        List<string> addresses = [];
        KeyScan scan = _keyspace.Scan(ScanRange.Prefix(prefix) with { KeysOnly = true });
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync().ConfigureAwait(false))
            {
                addresses.Add(Encoding.UTF8.GetString(scan.Key[prefix.Length..]));
            }
        }

        return addresses;
    }

    public async Task RegisterSubscriber(string topic, string subscriberAddress)
    {
        ArgumentException.ThrowIfNullOrEmpty(subscriberAddress);
        await _keyspace.PutIfAbsentAsync(Key(topic, subscriberAddress), ReadOnlyMemory<byte>.Empty)
            .ConfigureAwait(false);
    }

    public async Task UnregisterSubscriber(string topic, string subscriberAddress)
    {
        ArgumentException.ThrowIfNullOrEmpty(subscriberAddress);
        await _keyspace.DeleteAsync(Key(topic, subscriberAddress)).ConfigureAwait(false);
    }

    private static byte[] Key(string topic, string address)
    {
        ArgumentNullException.ThrowIfNull(topic);
        int length = Encoding.UTF8.GetByteCount(topic);
        if (2 + length + Encoding.UTF8.GetByteCount(address) > StorageEngine.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"Topic '{topic}' and address '{address}' have together more than "
                + $"{StorageEngine.MaxKeyBytes - 2} bytes of UTF-8.",
                nameof(topic));
        }

        byte[] key = new byte[2 + length + Encoding.UTF8.GetByteCount(address)];
        BinaryPrimitives.WriteUInt16BigEndian(key, (ushort)length);
        Encoding.UTF8.GetBytes(topic, key.AsSpan(2));
        Encoding.UTF8.GetBytes(address, key.AsSpan(2 + length));
        return key;
    }
}
