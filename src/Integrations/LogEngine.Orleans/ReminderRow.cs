using System.Text.Json;
using System.Text.Json.Serialization;
using LogEngine.Stores;

namespace LogEngine.Orleans;

/// <summary>A reminder as it is stored, as JSON. Its ETag is the row's version.</summary>
/// <param name="GrainType">Type of the grain, any bytes.</param>
/// <param name="GrainKey">Key of the grain, any bytes.</param>
/// <param name="Name">The reminder's name.</param>
/// <param name="StartAt">When it is due first, UTC.</param>
/// <param name="Period">Time between two ticks.</param>
internal sealed record ReminderRow(
    byte[] GrainType, byte[] GrainKey, string Name, DateTime StartAt, TimeSpan Period)
{
    internal static byte[] Encode(ReminderEntry entry) => JsonSerializer.SerializeToUtf8Bytes(
        new ReminderRow(
            entry.GrainId.Type.AsSpan().ToArray(),
            entry.GrainId.Key.AsSpan().ToArray(),
            entry.ReminderName,
            Utc(entry.StartAt),
            entry.Period),
        ReminderJson.Default.ReminderRow);

    /// <exception cref="UndecodableValueException">Something else has written the row.</exception>
    internal static ReminderEntry Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long version)
    {
        try
        {
            ReminderRow row = JsonSerializer.Deserialize(value, ReminderJson.Default.ReminderRow)
                ?? throw new FormatException("It is null.");
            return new ReminderEntry
            {
                GrainId = GrainId.Create(
                    new GrainType(row.GrainType), new IdSpan(row.GrainKey)),
                ReminderName = row.Name,
                StartAt = Utc(row.StartAt),
                Period = row.Period,
                ETag = ETags.Of(version),
            };
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new UndecodableValueException($"Reminder {Convert.ToHexString(key)}", error);
        }
    }

    /// <summary>A time of no kind counts as UTC, as everywhere in Orleans.</summary>
    private static DateTime Utc(DateTime time) => time.Kind == DateTimeKind.Local
        ? time.ToUniversalTime()
        : DateTime.SpecifyKind(time, DateTimeKind.Utc);
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReminderRow))]
internal sealed partial class ReminderJson : JsonSerializerContext;
