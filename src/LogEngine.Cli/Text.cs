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

    internal static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
