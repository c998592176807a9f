using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LogEngine.Stores;

/// <summary>JSON values to canonical bytes and back, without reflection.</summary>
internal static class JsonCodec
{
    /// <summary>
    /// Options that read what the canonical order of properties may have moved: a type
    /// discriminator behind other properties. One for each set of options that callers use.
    /// </summary>
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions>
        ReadingOptions = [];

    internal static ReadOnlySpan<byte> Encode<T>(T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(value, type);
        using JsonDocument document = JsonDocument.Parse(
            written, new JsonDocumentOptions { MaxDepth = CanonicalJson.MaxDepth });
        return Encode(document.RootElement, written.Length);
    }

    internal static ReadOnlySpan<byte> Encode(JsonElement value) => Encode(value, 256);

    /// <exception cref="UndecodableValueException">It is no JSON, or no T.</exception>
    internal static T Decode<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type, string what)
    {
        ArgumentNullException.ThrowIfNull(type);
        try
        {
            return JsonSerializer.Deserialize(bytes, Reading(type))!;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new UndecodableValueException(what, error);
        }
    }

    /// <exception cref="UndecodableValueException">It is no JSON.</exception>
    internal static JsonElement Decode(ReadOnlySpan<byte> bytes, string what)
    {
        try
        {
            Utf8JsonReader reader = new(
                bytes, new JsonReaderOptions { MaxDepth = CanonicalJson.MaxDepth });
            JsonElement element = JsonElement.ParseValue(ref reader);
            return reader.Read()
                ? throw new JsonException("More than one JSON value.")
                : element;
        }
        catch (JsonException error)
        {
            throw new UndecodableValueException(what, error);
        }
    }

    private static ReadOnlySpan<byte> Encode(JsonElement value, int sizeHint)
    {
        ArrayBufferWriter<byte> into = new(Math.Max(16, sizeHint));
        CanonicalJson.Write(value, into);
        return into.WrittenSpan;
    }

    private static JsonTypeInfo<T> Reading<T>(JsonTypeInfo<T> type)
    {
        if (type.Options.AllowOutOfOrderMetadataProperties)
        {
            return type;
        }

        JsonSerializerOptions options = ReadingOptions.GetValue(
            type.Options,
            static options => new JsonSerializerOptions(options)
            {
                AllowOutOfOrderMetadataProperties = true,
            });
        return options.TryGetTypeInfo(typeof(T), out JsonTypeInfo? reading)
            && reading is JsonTypeInfo<T> typed
                ? typed
                : type;
    }
}
