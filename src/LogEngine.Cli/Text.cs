using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace LogEngine.Cli;

/// <summary>Small pieces of text that several commands print.</summary>
internal static class Text
{
    internal static string Of(VerifyFinding finding) => finding.Offset < 0
        ? $"{Lower(finding.Severity),-10}  {finding.Path}: {finding.Reason}"
        : $"{Lower(finding.Severity),-10}  {finding.Path} @{finding.Offset}: {finding.Reason}";

    /// <summary>A key as text in quotes where it is printable, in hex where it is not.</summary>
    internal static string OfKey(ReadOnlySpan<byte> key) =>
        Utf8.IsValid(key) && !key.ContainsAnyInRange((byte)0, (byte)0x1F)
            ? $"'{Encoding.UTF8.GetString(key)}'"
            : Convert.ToHexStringLower(key);

    /// <summary>Whether <see cref="Escape(ReadOnlySpan{byte})"/> would leave bytes as they are.</summary>
    internal static bool IsPlain(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes)
        && !bytes.ContainsAnyInRange((byte)0, (byte)0x1F)

        // 0x7F is a control character; behind 0xC2 are more of them.
        && !bytes.ContainsAny((byte)'\\', (byte)0x7F, (byte)0xC2);

    /// <summary>
    /// Bytes as text on one line, from which they can be had again: a backslash stands before what
    /// would be mistaken, and bytes that are no text, control characters too, are \xHH.
    /// </summary>
    internal static string Escape(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length)
                == OperationStatus.Done;
            if (valid && !Rune.IsControl(rune) && rune.Value != '\\')
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte value in bytes[..length])
                {
                    text.Append(Escape(value));
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The same of text.</summary>
    internal static string Escape(string? text) => Escape(Encoding.UTF8.GetBytes(text ?? ""));

    /// <summary>A number of bytes; from 10 KiB on also in a unit that can be read at a glance.</summary>
    internal static string Bytes(long bytes) => bytes < 10 << 10
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes}")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes} ({Size(bytes)})");

    /// <summary>A number of bytes in powers of 1024: <c>1.5 MiB</c>.</summary>
    internal static string Size(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        int unit = 0;
        while (Math.Abs(bytes) >= 1024 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Math.Round(bytes, unit == 0 || bytes >= 100 ? 0 : 1)} {units[unit]}");
    }

    /// <summary>A duration in the unit that fits it: <c>85 µs</c>, <c>1.25 ms</c>, <c>3 s</c>.</summary>
    internal static string Span(TimeSpan span) => span.TotalMilliseconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMicroseconds:0} µs"),
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.##} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.##} s"),
    };

    internal static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Escape(byte value) => value switch
    {
        (byte)'\\' => "\\\\",
        (byte)'\t' => "\\t",
        (byte)'\n' => "\\n",
        (byte)'\r' => "\\r",
        _ => string.Create(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
    };
}
