using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace LogEngine.Stores;

/// <summary>
/// One spelling for one JSON value: UTF-8, no white space, properties in order of their UTF-16
/// names, no escape that is not needed, as RFC 8785 has it; numbers keep their digits, because a
/// 64-bit integer or a decimal does not survive the way through a double.
/// </summary>
internal static class CanonicalJson
{
    /// <summary>Deepest nesting that is taken.</summary>
    internal const int MaxDepth = 512;

    private const string NoText = "JSON with an unpaired surrogate, which is no text.";

    /// <exception cref="ArgumentException">
    /// A name is there twice, a text is no text, it is nested too deeply, or the value is
    /// undefined.
    /// </exception>
    internal static void Write(JsonElement value, IBufferWriter<byte> into) =>
        Write(value, into, 0);

    private static void Write(JsonElement value, IBufferWriter<byte> into, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"JSON nested deeper than {MaxDepth} levels.");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(value, into, depth);
                break;
            case JsonValueKind.Array:
                WriteArray(value, into, depth);
                break;
            case JsonValueKind.String:
                WriteText(TextOf(value), into);
                break;
            case JsonValueKind.Undefined:
                throw new ArgumentException("The JSON value is undefined.");
            default:
                into.Write(JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    private static void WriteObject(JsonElement value, IBufferWriter<byte> into, int depth)
    {
        List<(string Name, JsonElement Value)> properties = new(value.GetPropertyCount());
        foreach (JsonProperty property in value.EnumerateObject())
        {
            properties.Add((NameOf(property), property.Value));
        }

        properties.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        into.Write("{"u8);
        for (int i = 0; i < properties.Count; i++)
        {
            (string name, JsonElement inner) = properties[i];
            if (i > 0)
            {
                if (name == properties[i - 1].Name)
                {
                    throw new ArgumentException($"JSON with two properties '{name}'.");
                }

                into.Write(","u8);
            }

            WriteText(name, into);
            into.Write(":"u8);
            Write(inner, into, depth + 1);
        }

        into.Write("}"u8);
    }

    private static void WriteArray(JsonElement value, IBufferWriter<byte> into, int depth)
    {
        into.Write("["u8);
        bool first = true;
        foreach (JsonElement inner in value.EnumerateArray())
        {
            if (!first)
            {
                into.Write(","u8);
            }

            first = false;
            Write(inner, into, depth + 1);
        }

        into.Write("]"u8);
    }

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new ArgumentException(NoText, error);
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException error)
        {
            throw new ArgumentException(NoText, error);
        }
    }

    private static void WriteText(ReadOnlySpan<char> text, IBufferWriter<byte> into)
    {
        into.Write("\""u8);
        while (!text.IsEmpty)
        {
            int plain = text.IndexOfAny(NeedEscape);
            if (plain < 0)
            {
                plain = text.Length;
            }

            Encoding.UTF8.GetBytes(text[..plain], into);
            text = text[plain..];
            if (!text.IsEmpty)
            {
                WriteEscape(text[0], into);
                text = text[1..];
            }
        }

        into.Write("\""u8);
    }

    private static void WriteEscape(char control, IBufferWriter<byte> into)
    {
        switch (control)
        {
            case '"':
                into.Write("\\\""u8);
                break;
            case '\\':
                into.Write("\\\\"u8);
                break;
            case '\b':
                into.Write("\\b"u8);
                break;
            case '\f':
                into.Write("\\f"u8);
                break;
            case '\n':
                into.Write("\\n"u8);
                break;
            case '\r':
                into.Write("\\r"u8);
                break;
            case '\t':
                into.Write("\\t"u8);
                break;
            default:
                into.Write("\\u00"u8);
                into.Write([HexDigit(control >> 4), HexDigit(control & 15)]);
                break;
        }
    }

    private static byte HexDigit(int value) => "0123456789abcdef"u8[value];

    private static SearchValues<char> NeedEscape { get; } = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(c => (char)c), '"', '\\']);
}
