using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace LogEngine.Cli;

/// <summary>Prints keys and values in one of the formats of `kv`.</summary>
internal sealed class KvPrinter
{
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly BufferedOutput _output;
    private readonly string _format;
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly Utf8JsonWriter _writer;

    internal KvPrinter(BufferedOutput output, string format)
    {
        _output = output;
        _format = format;
        _writer = new Utf8JsonWriter(_json, JsonOptions);
    }

    /// <summary>Prints a value alone, or in JSON with its key.</summary>
    internal void PrintValue(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long version,
        DateTimeOffset? expiresAt,
        bool onTerminal)
    {
        switch (_format)
        {
            case "json":
                PrintJson(key, value, version, expiresAt, withValue: true);
                break;
            case "hex":
                PrintBytes(value);
                break;
            default:
                _output.Write(value);
                if (!onTerminal)
                {
                    return;
                }

                break;
        }

        _output.WriteByte((byte)'\n');
    }

    /// <summary>Prints an entry of a scan.</summary>
    internal void PrintEntry(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ValueInfo info, bool withValue)
    {
        if (_format == "json")
        {
            PrintJson(key, value, info.Version, info.ExpiresAt, withValue);
        }
        else
        {
            PrintBytes(key);
            if (withValue)
            {
                _output.WriteByte((byte)'\t');
                PrintBytes(value);
            }
        }

        _output.WriteByte((byte)'\n');
    }

    internal void Flush() => _output.Flush();

    private void PrintBytes(ReadOnlySpan<byte> bytes)
    {
        if (_format == "hex")
        {
            _output.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes)));
        }
        else
        {
            _output.Write(Text.IsPlain(bytes)
                ? bytes
                : System.Text.Encoding.UTF8.GetBytes(Text.Escape(bytes)));
        }
    }

    private void PrintJson(
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long version,
        DateTimeOffset? expiresAt,
        bool withValue)
    {
        _json.ResetWrittenCount();
        _writer.Reset(_json);
        _writer.WriteStartObject();
        WriteBytes("key", "keyBase64", key);
        _writer.WriteNumber("version"u8, version);
        if (expiresAt is { } at)
        {
            _writer.WriteString("expiresAt"u8, at);
        }

        if (withValue)
        {
            WriteBytes("text", "base64", value);
        }

        _writer.WriteEndObject();
        _writer.Flush();
        _output.Write(_json.WrittenSpan);
    }

    /// <summary>Text where the bytes are valid UTF-8, base64 where they are not.</summary>
    private void WriteBytes(string asText, string asBase64, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            _writer.WriteString(asText, bytes);
        }
        else
        {
            _writer.WriteBase64String(asBase64, bytes);
        }
    }
}
