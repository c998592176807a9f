using System.Text.Json;
using System.Text.Json.Serialization;
using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>A recurring message as it is stored: JSON, so that a person can read it.</summary>
internal sealed record RecurringRow
{
    public TimeSpan? Interval { get; init; }

    public string? Cron { get; init; }

    public string? TimeZone { get; init; }

    public MissedTimes Missed { get; init; }

    public TimeSpan Tolerance { get; init; }

    public bool Paused { get; init; }

    public DateTimeOffset? Next { get; init; }

    public DateTimeOffset? Last { get; init; }

    public byte[] Body { get; init; } = [];

    public Dictionary<string, string>? Headers { get; init; }

    public int Lane { get; init; }

    public string? GroupId { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    internal static RecurringRow Of(RecurringMessage message) => new()
    {
        Interval = message.Recurrence.Interval,
        Cron = message.Recurrence.Expression,
        TimeZone = message.Recurrence.TimeZone,
        Missed = message.Missed,
        Tolerance = message.Tolerance,
        Body = message.Message.Body.ToArray(),
        Headers = message.Message.Headers is { } headers ? new(headers) : null,
        Lane = message.Message.Lane,
        GroupId = message.Message.GroupId,
        TimeToLive = message.Message.TimeToLive,
    };

    /// <exception cref="FormatException">It is none.</exception>
    internal static RecurringRow Read(ReadOnlySpan<byte> value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, RecurringJson.Default.RecurringRow)
                ?? throw new FormatException("It is null.");
        }
        catch (JsonException error)
        {
            throw new FormatException(error.Message, error);
        }
    }

    internal byte[] ToBytes() =>
        JsonSerializer.SerializeToUtf8Bytes(this, RecurringJson.Default.RecurringRow);

    /// <exception cref="ArgumentException">This system has no such zone, say.</exception>
    internal Recurrence ToRecurrence() => Interval is { } interval
        ? Recurrence.Every(interval)
        : Recurrence.Cron(Cron!, TimeZone);

    internal RecurringMessage ToMessage(string name) => new(
        name,
        ToRecurrence(),
        new QueueMessage(Body)
        {
            Headers = Headers,
            Lane = Lane,
            GroupId = GroupId,
            TimeToLive = TimeToLive,
        })
    {
        Missed = Missed,
        Tolerance = Tolerance,
    };
}

/// <summary>How rows become JSON, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RecurringRow))]
internal sealed partial class RecurringJson : JsonSerializerContext;
