using System.Runtime.CompilerServices;

namespace LogEngine;

/// <summary>
/// Records of a <see cref="WriteAheadLog"/> as text, UTF-8 on disk: for those who have no bytes of their own.
/// </summary>
/// <remarks>
/// The same as the forms with bytes in everything else: durability, limits (64 MiB of UTF-8), errors. Text
/// with an unpaired surrogate is refused with an <see cref="ArgumentException"/>.
/// </remarks>
public static class LogText
{
    /// <summary>Appends a text as a record.</summary>
    /// <param name="log">The log.</param>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="durability">When the call completes; the log's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The record's sequence. Await it once.</returns>
    /// <inheritdoc cref="WriteAheadLog.AppendAsync" path="/exception"/>
    public static ValueTask<long> AppendAsync(
        this WriteAheadLog log,
        string text,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(log);
        return log.AppendAsync(TextRules.Encode(text, nameof(text)), durability, cancellationToken);
    }

    /// <summary>Appends a text as a record and blocks until it is as durable as asked for.</summary>
    /// <param name="log">The log.</param>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="durability">When the call completes; the log's default where null.</param>
    /// <returns>The record's sequence.</returns>
    /// <inheritdoc cref="WriteAheadLog.AppendAsync" path="/exception"/>
    public static long Append(this WriteAheadLog log, string text, Durability? durability = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        return log.Append(TextRules.Encode(text, nameof(text)), durability);
    }

    /// <summary>Adds a text as a record.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="text">The text; may be empty.</param>
    /// <inheritdoc cref="LogBatch.Add(ReadOnlySpan{byte})" path="/exception"/>
    public static void Add(this LogBatch batch, string text)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Add(TextRules.Encode(text, nameof(text)));
    }

    /// <summary>A record's text.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="FormatException">The record is no UTF-8.</exception>
    public static string GetText(this OwnedRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return TextRules.Decode(record.Payload.Span, $"Record {record.Sequence}");
    }

    /// <summary>A record's text.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="FormatException">The record is no UTF-8.</exception>
    public static string GetText(this in StoredRecord record) =>
        TextRules.Decode(record.Payload, $"Record {record.Sequence}");

    /// <summary>Reads all records to the end, or for ever when following, as text.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FormatException">A record is no UTF-8; the reader is behind it.</exception>
    /// <inheritdoc cref="LogReader.TryRead" path="/exception"/>
    public static async IAsyncEnumerable<string> ReadAllTextAsync(
        this LogReader reader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        while (await reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (TryReadText(reader, out string text))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return text;
            }
        }
    }

    private static bool TryReadText(LogReader reader, out string text)
    {
        bool found = reader.TryRead(out StoredRecord record);
        text = found ? record.GetText() : "";
        return found;
    }
}
