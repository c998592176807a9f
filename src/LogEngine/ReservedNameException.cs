namespace LogEngine;

/// <summary>
/// A keyspace's name that is reserved for the stores of this library. Nothing was read or written.
/// </summary>
public sealed class ReservedNameException : ArgumentException
{
    internal ReservedNameException(string name, string prefix, string parameter)
        : base(
            $"Keyspace '{name}': names that begin with '{prefix}' are reserved for stores. Choose "
            + $"another one; what a store holds is reached by {nameof(StorageEngine)}."
            + $"{nameof(StorageEngine.GetStoreKeyspace)}.",
            parameter)
    {
        Name = name;
        Prefix = prefix;
    }

    /// <summary>The name that was refused.</summary>
    public string Name { get; }

    /// <summary>What no name of a user's keyspace may begin with.</summary>
    public string Prefix { get; }
}
