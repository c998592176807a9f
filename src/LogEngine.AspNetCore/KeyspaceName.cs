using System.Text;

namespace LogEngine.AspNetCore;

/// <summary>Rules for the keyspaces of this package, so that a wrong name is told before anything is opened.</summary>
internal static class KeyspaceName
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    /// <summary>What is wrong with a name; null where nothing is.</summary>
    internal static string? Problem(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "Keyspace is empty.";
        }

        try
        {
            return _strict.GetByteCount(name) > StorageEngine.MaxNameBytes
                ? $"Keyspace is longer than {StorageEngine.MaxNameBytes:N0} bytes."
                : StorageEngine.IsReservedName(name)
                    ? $"Keyspace '{name}' begins as the names of stores do; choose another one."
                    : null;
        }
        catch (EncoderFallbackException)
        {
            return "Keyspace has an unpaired surrogate; it must be valid text.";
        }
    }
}
