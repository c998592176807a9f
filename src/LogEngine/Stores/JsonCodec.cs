using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LogEngine.Stores;

/// <summary>JSON values to canonical bytes and back.</summary>
internal static class JsonCodec
{
    /// <summary>Of what finds types by reflection.</summary>
    internal const string Trimming =
        "The type is found by reflection; give a JsonTypeInfo<T> where code is trimmed or compiled ahead.";

    /// <summary>
    /// Options that read what the canonical order of properties may have moved: a type
    /// discriminator behind other properties. One for each set of options that callers use.
    /// </summary>
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions>
        ReadingOptions = [];

    /// <summary>How a type is written and read that is found by reflection.</summary>
    /// <param name="options">Options; the defaults for the web where null.</param>
    [RequiresUnreferencedCode(Trimming)]
    [RequiresDynamicCode(Trimming)]
    internal static JsonTypeInfo<T> TypeOf<T>(JsonSerializerOptions? options)
    {
        options ??= JsonSerializerOptions.Web;
        options.MakeReadOnly(populateMissingResolver: true);
        return (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    internal static ReadOnlyMemory<byte> Encode<T>(T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        byte[] written = JsonSerializer.SerializeToUtf8Bytes(value, type);
        using JsonDocument document = JsonDocument.Parse(
            written, new JsonDocumentOptions { MaxDepth = CanonicalJson.MaxDepth });
        return Encode(document.RootElement, written.Length);
    }

    internal static ReadOnlyMemory<byte> Encode(JsonElement value) => Encode(value, 256);

    /// <summary>The canonical form of JSON text, in the one copy that is made of it.</summary>
    /// <exception cref="ArgumentException">It is no JSON, or has no canonical form.</exception>
    internal static ReadOnlyMemory<byte> EncodeText(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(
                json, new JsonDocumentOptions { MaxDepth = CanonicalJson.MaxDepth });
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"The text is no JSON: {error.Message}", nameof(json), error);
        }

        using (document)
        {
            // The canonical form is never longer: it drops white space and spells nothing at more length.
            return Encode(document.RootElement, json.Length);
        }
    }

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

    private static ReadOnlyMemory<byte> Encode(JsonElement value, int sizeHint)
    {
        ArrayBufferWriter<byte> into = new(Math.Max(16, sizeHint));
        CanonicalJson.Write(value, into);
        return into.WrittenMemory;
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
