using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Messages;

/// <summary>Makes a <see cref="MessageType{T}"/>, and knows the header that names one.</summary>
public static class MessageType
{
    /// <summary>The header of a message that names the type of its body: <c>logengine-type</c>.</summary>
    public const string Header = "logengine-type";

    /// <summary>A type of messages, written and read without reflection.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="json">How they are written, from a source-generated context.</param>
    /// <param name="name">
    /// The name they travel under; that of <see cref="MessageNameAttribute"/>, or else the type's, where null.
    /// </param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static MessageType<T> Of<T>(JsonTypeInfo<T> json, string? name = null)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(json);
        return new MessageType<T>(name ?? NameOf<T>(), json);
    }

    /// <summary>A type of messages, written and read by reflection.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="options">How they are written; the defaults for the web where null.</param>
    /// <param name="name">As in <see cref="Of{T}(JsonTypeInfo{T}, string?)"/>.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="NotSupportedException">The type cannot be JSON.</exception>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static MessageType<T> Of<T>(JsonSerializerOptions? options, string? name = null)
        where T : notnull => Of(JsonCodec.TypeOf<T>(options), name);

    /// <summary>What a message says the type of its body is; null where it says nothing.</summary>
    /// <param name="headers">The headers of a message, a delivery or a dead letter.</param>
    public static string? NameIn(IReadOnlyDictionary<string, string> headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        return headers.TryGetValue(Header, out string? name) ? name : null;
    }

    /// <summary>The name that a type has where nobody gives it one.</summary>
    internal static string NameOf<T>() => DefaultName<T>.Value;

    internal static QueueMessage Write<T>(
        T value, JsonTypeInfo<T> json, string name, Func<QueueMessage, QueueMessage>? set)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(json);
        QueueMessage message = new(JsonSerializer.SerializeToUtf8Bytes(value, json));
        if (set is not null)
        {
            message = set(message)
                ?? throw new ArgumentException("It gives no message.", nameof(set));
        }

        // Behind what the caller set: the name is what a reader goes by.
        Dictionary<string, string> headers = new(message.Headers ?? NoHeaders) { [Header] = name };
        return message with { Headers = headers };
    }

    /// <exception cref="UndecodableValueException">It is no JSON of that type, or null.</exception>
    internal static T Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> json, string what)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(body, json)
                ?? throw new JsonException("It is null.");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new UndecodableValueException(what, error);
        }
    }

    private static readonly Dictionary<string, string> NoHeaders = [];

    private static class DefaultName<T>
    {
        internal static readonly string Value =
            typeof(T).GetCustomAttribute<MessageNameAttribute>()?.Name ?? typeof(T).ToString();
    }
}

/// <summary>
/// What the values of a type are in a queue: a name, which does not change with the code, and how they are
/// written as JSON. Make one with <see cref="MessageType.Of{T}(JsonTypeInfo{T}, string?)"/> and use it on
/// both sides.
/// </summary>
/// <typeparam name="T">The type of the values.</typeparam>
/// <remarks>Thread-safe. Immutable.</remarks>
public sealed class MessageType<T>
    where T : notnull
{
    internal MessageType(string name, JsonTypeInfo<T> json)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Json = json;
    }

    /// <summary>The name in the header <see cref="MessageType.Header"/>.</summary>
    public string Name { get; }

    /// <summary>How a value is written.</summary>
    public JsonTypeInfo<T> Json { get; }

    /// <summary>
    /// A message of a value: for <see cref="DurableQueue.EnqueueManyAsync"/>, for a schedule, for whatever
    /// takes a <see cref="QueueMessage"/>.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="set">
    /// Sets what goes with the body: lane, delay, deduplication id, headers; null for nothing. The header
    /// with the name is added behind it.
    /// </param>
    /// <exception cref="NotSupportedException">The value cannot be JSON.</exception>
    public QueueMessage ToMessage(T value, Func<QueueMessage, QueueMessage>? set = null) =>
        MessageType.Write(value, Json, Name, set);
}
