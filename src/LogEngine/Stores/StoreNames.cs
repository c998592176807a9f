using System.Text;

namespace LogEngine.Stores;

/// <summary>
/// What keys and names of all stores may be, and the keyspaces that hold the stores.
/// </summary>
internal static class StoreNames
{
    /// <summary>Most UTF-8 bytes of a key or a name.</summary>
    internal const int MaxBytes = 1024;

    /// <summary>Room that is left in a keyspace's name for the store's kind.</summary>
    private static int MaxStoreBytes => StorageEngine.MaxNameBytes - 16;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The keyspace of a store: its kind, a slash, its name.</summary>
    internal static Keyspace KeyspaceOf(StorageEngine engine, string kind, string store)
    {
        ArgumentNullException.ThrowIfNull(engine);
        int length = Encode(store, "A store's name", nameof(store)).Length;
        return length <= MaxStoreBytes
            ? engine.GetStoreKeyspace($"{kind}/{store}")
            : throw TooLong("A store's name", length, MaxStoreBytes, nameof(store));
    }

    /// <summary>Names of what has a keyspace with a prefix and an end, in ordinal order.</summary>
    internal static async ValueTask<IReadOnlyList<string>> ListAsync(
        StorageEngine engine, string prefix, string end, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Of(
            await engine.ListKeyspacesAsync(cancellationToken).ConfigureAwait(false), prefix, end);
    }

    /// <summary>The part of these names between a prefix and an end, in ordinal order.</summary>
    internal static IReadOnlyList<string> Of(
        IReadOnlyList<string> keyspaces, string prefix, string end) =>
    [
        .. keyspaces
            .Where(keyspace => keyspace.Length > prefix.Length + end.Length
                && keyspace.StartsWith(prefix, StringComparison.Ordinal)
                && keyspace.EndsWith(end, StringComparison.Ordinal))
            .Select(keyspace => keyspace[prefix.Length..^end.Length])

            // Not that of the keyspaces: what follows a name is above some bytes of longer ones.
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Removes a store of one keyspace.</summary>
    internal static ValueTask<bool> DropAsync(
        StorageEngine engine,
        string kind,
        string store,
        Durability? durability,
        CancellationToken cancellationToken) => engine.DropKeyspaceAsync(
            KeyspaceOf(engine, kind, store).Name, durability, cancellationToken);

    /// <summary>The UTF-8 of a name: 1 to 1,024 bytes of any text.</summary>
    /// <exception cref="StoreNameException">It is empty, too long, or no text.</exception>
    internal static byte[] Encode(string name, string what, string parameter)
    {
        byte[] bytes = EncodeAny(name, what, parameter);
        return bytes.Length > 0
            ? bytes
            : throw new StoreNameException(what, "is empty", parameter);
    }

    /// <summary>The same, into memory of the caller's; gives how many bytes there are.</summary>
    internal static int Encode(string name, Span<byte> into, string what, string parameter)
    {
        int length = CountAny(name, what, parameter);
        return length > 0
            ? Strict.GetBytes(name, into)
            : throw new StoreNameException(what, "is empty", parameter);
    }

    /// <summary>The same where empty is allowed.</summary>
    /// <exception cref="StoreNameException">It is too long, or no text.</exception>
    internal static byte[] EncodeAny(string name, string what, string parameter)
    {
        byte[] bytes = new byte[CountAny(name, what, parameter)];
        Strict.GetBytes(name, bytes);
        return bytes;
    }

    /// <summary>Bytes that a name has in UTF-8.</summary>
    /// <exception cref="StoreNameException">It is too long, or no text.</exception>
    internal static int CountAny(string name, string what, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (name.Length > MaxBytes)
        {
            // A character is at least a byte: it need not be encoded to be refused.
            throw TooLong(what, name.Length, MaxBytes, parameter);
        }

        int length;
        try
        {
            length = Strict.GetByteCount(name);
        }
        catch (EncoderFallbackException)
        {
            throw new StoreNameException(
                what, "holds an unpaired surrogate, which is no text", parameter);
        }

        return length <= MaxBytes ? length : throw TooLong(what, length, MaxBytes, parameter);
    }

    /// <exception cref="FormatException">The bytes are not UTF-8.</exception>
    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new FormatException("the text is not UTF-8", error);
        }
    }

    /// <summary>The text that a key is from a place on.</summary>
    /// <exception cref="UndecodableValueException">It is none.</exception>
    internal static string DecodeKey(ReadOnlySpan<byte> key, int from = 0)
    {
        try
        {
            return key.Length > from
                ? Decode(key[from..])
                : throw UndecodableValueException.OfKey(key, "it ends before its name");
        }
        catch (FormatException error)
        {
            throw UndecodableValueException.OfKey(key, error.Message, error);
        }
    }

    private static StoreNameException TooLong(
        string what, int length, int limit, string parameter) => new(
        what, $"has {length} bytes of UTF-8 or more; at most {limit} are allowed", parameter);
}
