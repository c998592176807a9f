namespace LogEngine.Stores.Shared;

/// <summary>What stands in the way of reading one value, and of that one alone.</summary>
internal static class Unreadable
{
    /// <summary>Whether the bytes are damaged, and not merely out of reach for now.</summary>
    internal static bool IsDamage(Exception error) =>
        error is CorruptionException or UndecodableValueException;

    /// <summary>The same, or out of reach for now.</summary>
    internal static bool Is(Exception error) => IsDamage(error) || error is StorageIOException;
}
