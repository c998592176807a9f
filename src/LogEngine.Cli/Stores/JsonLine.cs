using System.Text.Json;

namespace LogEngine.Cli.Stores;

/// <summary>An object of the input. What it lacks, or has of another type, is said with its line.</summary>
/// <param name="Number">Which line, from 1.</param>
/// <param name="Value">The object.</param>
internal readonly record struct JsonLine(long Number, JsonElement Value)
{
    /// <summary>A property of any type that must be there.</summary>
    internal JsonElement Any(string name) => Value.TryGetProperty(name, out JsonElement value)
        ? value
        : throw Wrong($"has no \"{name}\"");

    /// <summary>A text that must be there.</summary>
    internal string Text(string name)
    {
        JsonElement value = Any(name);
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Wrong($"has a \"{name}\" that is no text");
    }

    /// <summary>A whole number that must be there.</summary>
    internal long Number64(string name)
    {
        JsonElement value = Any(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number)
            ? number
            : throw Wrong($"has a \"{name}\" that is no whole number");
    }

    /// <summary>Bytes in base64; null where they are not there.</summary>
    internal byte[]? Bytes(string name)
    {
        if (!Value.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String
            && value.TryGetBytesFromBase64(out byte[]? bytes)
                ? bytes
                : throw Wrong($"has a \"{name}\" that is not base64");
    }

    internal ArgumentException Wrong(string what) => new($"line {Number} of the input {what}");
}
