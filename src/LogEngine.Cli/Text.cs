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
