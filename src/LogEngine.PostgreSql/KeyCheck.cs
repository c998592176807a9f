namespace LogEngine.PostgreSql;

/// <summary>What keys and ranges may be.</summary>
internal static class KeyCheck
{
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    internal static void Require(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty || key.Length > StorageEngine.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A key of {key.Length} bytes; 1 to {StorageEngine.MaxKeyBytes} are allowed.", nameof(key));
        }
    }

    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or the limit is below 0.
    /// </exception>
    internal static void Require(ScanRange range)
    {
        Require(range.From.Span, range.To.Span);
        ArgumentOutOfRangeException.ThrowIfNegative(range.Limit);
    }

    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    internal static void Require(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (from.Length > StorageEngine.MaxKeyBytes || to.Length > StorageEngine.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A key of a range has more than {StorageEngine.MaxKeyBytes} bytes.");
        }

        if (!to.IsEmpty && from.SequenceCompareTo(to) > 0)
        {
            throw new ArgumentException("The range ends before it begins.", nameof(to));
        }
    }

    /// <exception cref="RecordTooLargeException">The value is too large.</exception>
    internal static void RequireValue(int length)
    {
        if (length > StorageEngine.MaxValueBytes)
        {
            throw new RecordTooLargeException("Value in bytes", length, StorageEngine.MaxValueBytes);
        }
    }
}
