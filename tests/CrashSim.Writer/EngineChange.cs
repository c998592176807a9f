using System.Globalization;
using System.Text;

namespace LogEngine.CrashWriter;

/// <summary>One operation of a batch, as a word that a parent understands.</summary>
/// <param name="Kind">'p' puts, 'd' deletes, 'r' deletes a range, 'x' drops a keyspace.</param>
/// <param name="Keyspace">Name of the keyspace.</param>
/// <param name="Key">The key; of a range, its first; empty for a keyspace.</param>
/// <param name="To">Of a range, the key it ends before.</param>
/// <param name="Length">Of a put, bytes of the value.</param>
public readonly record struct EngineChange(
    char Kind, string Keyspace, string Key, string To, int Length)
{
    public static EngineChange Put(string keyspace, string key, int length) =>
        new('p', keyspace, key, string.Empty, Math.Max(Stamp.Size, length));

    public static EngineChange Delete(string keyspace, string key) =>
        new('d', keyspace, key, string.Empty, 0);

    public static EngineChange DeleteRange(string keyspace, string from, string to) =>
        new('r', keyspace, from, to, 0);

    public static EngineChange Drop(string keyspace) =>
        new('x', keyspace, string.Empty, string.Empty, 0);

    public ReadOnlySpan<byte> KeyBytes => Encoding.UTF8.GetBytes(Key);

    public ReadOnlySpan<byte> ToBytes => Encoding.UTF8.GetBytes(To);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    public static EngineChange Parse(string word)
    {
        string[] parts = word.Split(':');
        return new EngineChange(
            parts[0][0],
            parts[1],
            parts[2],
            parts[3],
            int.Parse(parts[4], CultureInfo.InvariantCulture));
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Kind}:{Keyspace}:{Key}:{To}:{Length}");

    public void AddTo(WriteBatch batch, EmbeddedEngine engine, Stamp stamp)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace(Keyspace);
        switch (Kind)
        {
            case 'p':
                batch.Put(keyspace, KeyBytes, stamp.Encode(Length));
                break;
            case 'd':
                batch.Delete(keyspace, KeyBytes);
                break;
            case 'r':
                batch.DeleteRange(keyspace, KeyBytes, ToBytes);
                break;
            default:
                batch.Content.Drop(keyspace.Id);
                break;
        }
    }
}
