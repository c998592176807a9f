using System.Globalization;
using System.Text;
using LogEngine.Stores.Queues;
using Rebus.Extensions;
using Rebus.Messages;
using Rebus.Transport;

namespace LogEngine.Rebus;

/// <summary>Messages of Rebus as messages of a queue, and back.</summary>
internal static class TransportMessages
{
    /// <summary>
    /// Where Rebus sends what is to be deferred. There is no such queue: it goes to its recipient, with a due time.
    /// </summary>
    internal const string DueTimes = "logengine-due-times";

    /// <summary>
    /// Where a message goes: one that is deferred to its recipient at once, since the queue knows due times.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is to be deferred, and has no recipient.</exception>
    internal static string DestinationOf(OutgoingTransportMessage outgoing)
    {
        Dictionary<string, string> headers = outgoing.TransportMessage.Headers;
        if (headers.ContainsKey(Headers.DeferredUntil)
            && headers.TryGetValue(Headers.DeferredRecipient, out string? recipient)
            && !string.IsNullOrWhiteSpace(recipient))
        {
            return recipient;
        }

        return outgoing.DestinationAddress != DueTimes
            ? outgoing.DestinationAddress
            : throw new InvalidOperationException(
                $"The message is to be deferred, and lacks the header {Headers.DeferredUntil} or "
                + $"{Headers.DeferredRecipient}; nothing was sent.");
    }

    /// <exception cref="FormatException">A header that is a setting of the queue cannot be read.</exception>
    internal static QueueMessage ToQueue(TransportMessage message)
    {
        Dictionary<string, string> headers = new(message.Headers);
        DateTimeOffset? dueAt = null;
        if (headers.Remove(Headers.DeferredUntil, out string? until))
        {
            dueAt = until.ToDateTimeOffset();
        }

        // Of this delivery only; the queue counts anew.
        headers.Remove(Headers.DeliveryCount);
        bool failed = headers.TryGetValue(Headers.ErrorDetails, out string? details);
        if (failed)
        {
            headers[Headers.ErrorDetails] = Cut(details!, QueueMessage.MaxHeaderBytes);
        }

        return new QueueMessage(message.Body)
        {
            Headers = headers,
            DueAt = dueAt,

            // What has failed waits for somebody to look at it.
            TimeToLive = !failed && Read(headers, Headers.TimeToBeReceived) is { } time
                ? TimeSpan.Parse(time, CultureInfo.InvariantCulture)
                : null,
            GroupId = Read(headers, LogEngineHeaders.GroupId),
            Lane = Read(headers, LogEngineHeaders.Lane) is { } lane
                ? int.Parse(lane, CultureInfo.InvariantCulture)
                : QueueMessage.DefaultLane,
        };
    }

    internal static TransportMessage FromQueue(QueueDelivery delivery) => new(
        new Dictionary<string, string>(delivery.Headers)
        {
            [Headers.DeliveryCount] = delivery.DeliveryCount.ToString(CultureInfo.InvariantCulture),
        },
        delivery.Body.ToArray());

    /// <summary>A text cut to so many bytes of UTF-8, never within a character.</summary>
    internal static string Cut(string text, int maxBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text;
        }

        int bytes = 0;
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }

    private static string? Read(Dictionary<string, string> headers, string name) =>
        headers.TryGetValue(name, out string? value) && !string.IsNullOrEmpty(value) ? value : null;
}
