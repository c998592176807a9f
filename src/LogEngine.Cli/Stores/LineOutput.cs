using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LogEngine.Cli.Stores;

/// <summary>Standard output, line by line: text, or a JSON object each.</summary>
/// <param name="io">Where it goes.</param>
/// <param name="asJson">Whether <see cref="Row"/> prints JSON.</param>
internal sealed class LineOutput(ToolIO io, bool asJson = false)
{
    private readonly BufferedOutput _output = new(io.Output);

    internal ToolIO IO => io;

    internal void Line(string text) => _output.WriteLine(text);

    /// <summary>Names, one a line, each as <see cref="Text.Escape(string?)"/> has it.</summary>
    internal void Names(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            Row(() => Text.Escape(name), json => json.WriteString("name", name));
        }
    }

    /// <summary>A line of text, or the same as a JSON object where that was asked for.</summary>
    internal void Row(Func<string> text, Action<Utf8JsonWriter> json)
    {
        if (asJson)
        {
            Json(json);
        }
        else
        {
            Line(text());
        }
    }

    internal void Json(Action<Utf8JsonWriter> write) => _output.Write(Encode(write));

    internal void Raw(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    internal void Flush() => _output.Flush();

    /// <summary>An object and a newline.</summary>
    internal static ReadOnlySpan<byte> Encode(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(
            bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan;
    }
}
