namespace LogEngine.AspNetCore;

/// <summary>What the caches have in common: where their entries are, and what these survive.</summary>
/// <remarks>Mutable, as the framework's options are; checked when the application starts.</remarks>
public abstract class CacheOptions
{
    private protected CacheOptions(string keyspace) => Keyspace = keyspace;

    /// <summary>
    /// Name of the engine, as <c>AddLogEngine</c> was told it; default null: the <see cref="StorageEngine"/> that
    /// the container gives without a key, which is the first that was added.
    /// </summary>
    public string? Engine { get; set; }

    /// <summary>
    /// Name of the keyspace that holds the entries and nothing else; 1 to 1,024 bytes of UTF-8, and none that is
    /// reserved for stores. Applications that share an engine share what is in it: give each a name of its own.
    /// </summary>
    public string Keyspace { get; set; }

    /// <summary>
    /// What a write survives when it completes; default <see cref="Durability.ProcessCrash"/>. A power loss may
    /// then take the last writes back: an entry that was written, and the removal of one.
    /// </summary>
    public Durability Durability { get; set; } = Durability.ProcessCrash;

    /// <summary>What is wrong with them; null where nothing is.</summary>
    internal string? Problem() => Engine is { Length: 0 }
        ? $"{nameof(Engine)} is empty; leave it null for the engine without a key."
        : !Enum.IsDefined(Durability)
            ? $"{nameof(Durability)} is none of its values."
            : KeyspaceName.Problem(Keyspace);
}
