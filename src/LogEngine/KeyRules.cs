using LogEngine.Format;

namespace LogEngine;

/// <summary>What keys and ranges may be; the same everywhere.</summary>
internal static class KeyRules
{
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    internal static void CheckKey(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty || key.Length > FormatLimits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A key of {key.Length} bytes; 1 to {FormatLimits.MaxKeyBytes} are allowed.",
                nameof(key));
        }
    }

    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    internal static void CheckRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (from.Length > FormatLimits.MaxKeyBytes || to.Length > FormatLimits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A key of a range has more than {FormatLimits.MaxKeyBytes} bytes.");
        }

        if (!to.IsEmpty && from.SequenceCompareTo(to) > 0)
        {
            throw new ArgumentException("The range ends before it begins.", nameof(to));
        }
    }
}
