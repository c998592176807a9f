using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace LogEngine.Cli;

/// <summary>Prints records in one of the formats of `cat`.</summary>
internal sealed class RecordPrinter
{
    private const int HexChunk = 16 << 10;

    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly BufferedOutput _output;
    private readonly string _format;
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly Utf8JsonWriter _writer;
    private readonly byte[] _hex = new byte[2 * HexChunk];

    internal RecordPrinter(BufferedOutput output, string format)
    {
        _output = output;
        _format = format;
        _writer = new Utf8JsonWriter(_json, JsonOptions);
    }

    internal void Print(StoredRecord record)
    {
        switch (_format)
        {
            case "json":
                PrintJson(record);
                break;
            case "hex":
                PrintHex(record.Payload);
                break;
            case "exact":
                _output.Write(record.Payload);
                return;
            default:
                _output.Write(record.Payload);
                break;
        }

        _output.WriteByte((byte)'\n');
    }

    internal void Flush() => _output.Flush();

    /// <summary>Text where the bytes are valid UTF-8, base64 where they are not.</summary>
    private void PrintJson(StoredRecord record)
    {
        _json.ResetWrittenCount();
        _writer.Reset(_json);
        _writer.WriteStartObject();
        _writer.WriteNumber("sequence"u8, record.Sequence);
        _writer.WriteString("time"u8, record.Time);
        if (Utf8.IsValid(record.Payload))
        {
            _writer.WriteString("text"u8, record.Payload);
        }
        else
        {
            _writer.WriteBase64String("base64"u8, record.Payload);
        }

        _writer.WriteEndObject();
        _writer.Flush();
        _output.Write(_json.WrittenSpan);
    }

    private void PrintHex(ReadOnlySpan<byte> payload)
    {
        while (!payload.IsEmpty)
        {
            ReadOnlySpan<byte> chunk = payload[..Math.Min(HexChunk, payload.Length)];
            Convert.TryToHexStringLower(chunk, _hex, out int written);
            _output.Write(_hex.AsSpan(0, written));
            payload = payload[chunk.Length..];
        }
    }
}
