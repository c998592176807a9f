using System.Text;
using System.Xml;
using System.Xml.Linq;
using LogEngine.Stores;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace LogEngine.AspNetCore;

/// <summary>
/// Keys of Data Protection in a keyspace: a row for each element, under a random name, with the XML as UTF-8. What is
/// stored survives a power loss before it is used, and the loss of a machine where that is the engine's default.
/// </summary>
/// <remarks>
/// Thread-safe. Here a row that cannot be read is no miss but an error: it may be a revocation, and without it a key
/// that is not to be trusted any more would be.
/// </remarks>
internal sealed class LogEngineXmlRepository(StorageEngine engine, string keyspace) : IDeletableXmlRepository
{
    private readonly Keyspace _rows = engine.GetKeyspace(keyspace);

    private readonly Durability _durability = engine.DefaultDurability > Durability.PowerLoss
        ? engine.DefaultDurability
        : Durability.PowerLoss;

    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. ReadAllAsync().GetAwaiter().GetResult().Select(row => row.Element)];

    public void StoreElement(XElement element, string friendlyName)
    {
        ArgumentNullException.ThrowIfNull(element);

        // A version 7 id: rows are in the order in which they were stored, as far as clocks agree.
        byte[] key = Encoding.UTF8.GetBytes(
            Guid.CreateVersion7(engine.TimeProvider.GetUtcNow()).ToString("N"));
        _rows.Put(key, Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting)), _durability);
    }

    /// <summary>All of them in one commit: none is skipped because another one failed.</summary>
    public bool DeleteElements(Action<IReadOnlyCollection<IDeletableElement>> chooseElements)
    {
        ArgumentNullException.ThrowIfNull(chooseElements);
        List<KeyRow> rows = ReadAllAsync().GetAwaiter().GetResult();
        chooseElements([.. rows]);
        WriteBatch batch = engine.CreateBatch();
        foreach (KeyRow row in rows.Where(row => row.DeletionOrder is not null))
        {
            batch.Delete(_rows, row.Key);
        }

        if (batch.Count > 0)
        {
            engine.Commit(batch, _durability);
        }

        return true;
    }

    private async Task<List<KeyRow>> ReadAllAsync()
    {
        List<KeyRow> rows = [];
        KeyScan scan = _rows.Scan();
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync().ConfigureAwait(false))
            {
                rows.Add(new KeyRow(scan.Key.ToArray(), Parse(scan.Key, scan.Value)));
            }
        }

        return rows;
    }

    private XElement Parse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        try
        {
            return XElement.Parse(Encoding.UTF8.GetString(value));
        }
        catch (XmlException error)
        {
            throw new UndecodableValueException(
                $"Key {Convert.ToHexString(key)} of keyspace '{_rows.Name}'", error);
        }
    }

    private sealed class KeyRow(byte[] key, XElement element) : IDeletableElement
    {
        internal byte[] Key => key;

        public XElement Element => element;

        public int? DeletionOrder { get; set; }
    }
}
