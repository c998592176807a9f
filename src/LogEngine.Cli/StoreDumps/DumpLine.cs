using System.Text.Json;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.StoreDumps;

/// <summary>The lines of a dump, which docs/command-line.md describes: written, and read.</summary>
internal static class DumpLine
{
    /// <summary>The format that is written, and the highest that is read.</summary>
    internal const int Format = 1;

    private static readonly (QueueRecordKind Kind, string Name)[] _kinds =
    [
        (QueueRecordKind.Ids, "ids"),
        (QueueRecordKind.Message, "message"),
        (QueueRecordKind.DeadLetter, "dead"),
        (QueueRecordKind.Deduplication, "deduplication"),
    ];

    internal static void WriteRecord(Utf8JsonWriter json, QueueRecord record)
    {
        json.WriteString("record", _kinds.First(known => known.Kind == record.Kind).Name);
        json.WriteNumber("id", record.Id);
        if (record.Kind == QueueRecordKind.Deduplication)
        {
            json.WriteBase64String("deduplicationId", record.DeduplicationId.Span);
        }
        else if (record.Kind != QueueRecordKind.Ids)
        {
            json.WriteNumber("lane", record.Lane);
            json.WriteString("group", record.GroupId);
            json.WriteNumber("deliveries", record.DeliveryCount);
            json.WriteString("enqueuedAt", record.EnqueuedAt);
            WriteTime(json, "dueAt", record.DueAt);
            if (record.Kind == QueueRecordKind.DeadLetter)
            {
                json.WriteString("diedAt", record.DiedAt);
                json.WriteString("reason", record.Reason);
                json.WriteBoolean("unreadable", record.IsUnreadable);
            }

            MessageJson.Write(json, record.Headers, record.Body.Span);
        }

        WriteTime(json, "expiresAt", record.ExpiresAt);
    }

    internal static QueueRecord ReadRecord(JsonLine line)
    {
        string name = line.Text("record");
        QueueRecordKind kind = _kinds.Where(known => known.Name == name)
            .Select(known => (QueueRecordKind?)known.Kind).FirstOrDefault()
            ?? throw line.Wrong("has a \"record\" that there is not");
        QueueRecord record = new()
        {
            Kind = kind,
            Id = line.Number64("id"),
            ExpiresAt = TimeOf(line, "expiresAt"),
        };
        return kind switch
        {
            QueueRecordKind.Ids => record,
            QueueRecordKind.Deduplication => record with
            {
                DeduplicationId = line.Bytes("deduplicationId")
                    ?? throw line.Wrong("has no \"deduplicationId\""),
            },
            _ => record with
            {
                Lane = NumberOf(line, "lane", QueueMessage.Lanes - 1),
                GroupId = OptionalText(line, "group"),
                DeliveryCount = NumberOf(line, "deliveries", int.MaxValue),
                EnqueuedAt = TimeOf(line, "enqueuedAt")
                    ?? throw line.Wrong("has no \"enqueuedAt\""),
                DueAt = TimeOf(line, "dueAt"),
                DiedAt = TimeOf(line, "diedAt") ?? default,
                Reason = OptionalText(line, "reason") ?? "",
                IsUnreadable = line.Value.TryGetProperty("unreadable", out JsonElement unreadable)
                    && unreadable.ValueKind == JsonValueKind.True,
                Headers = HeadersOf(line),
                Body = BytesOf(line, "text", "base64"),
            },
        };
    }

    /// <summary>Bytes that stand as text, or as base64 where they are none.</summary>
    internal static byte[] BytesOf(JsonLine line, string asText, string asBase64) =>
        line.Bytes(asBase64)
        ?? System.Text.Encoding.UTF8.GetBytes(line.Text(asText));

    internal static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, at);
        }
    }

    /// <summary>A time; null where it is not there.</summary>
    internal static DateTimeOffset? TimeOf(JsonLine line, string name)
    {
        if (!line.Value.TryGetProperty(name, out JsonElement value)
            || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String
            && value.TryGetDateTimeOffset(out DateTimeOffset time)
                ? time
                : throw line.Wrong($"has a \"{name}\" that is no time");
    }

    /// <summary>Text; null where it is not there, or null.</summary>
    internal static string? OptionalText(JsonLine line, string name) =>
        line.Value.TryGetProperty(name, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null
                ? line.Text(name)
                : null;

    private static int NumberOf(JsonLine line, string name, int most)
    {
        long number = line.Number64(name);
        return number >= 0 && number <= most
            ? (int)number
            : throw line.Wrong($"has a \"{name}\" that is not from 0 to {most}");
    }

    private static Dictionary<string, string> HeadersOf(JsonLine line)
    {
        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        if (!line.Value.TryGetProperty("headers", out JsonElement all))
        {
            return headers;
        }

        if (all.ValueKind != JsonValueKind.Object)
        {
            throw line.Wrong("has \"headers\" that are no object");
        }

        foreach (JsonProperty header in all.EnumerateObject())
        {
            headers[header.Name] = header.Value.ValueKind == JsonValueKind.String
                ? header.Value.GetString()!
                : throw line.Wrong($"has a header \"{header.Name}\" that is no text");
        }

        return headers;
    }
}
