using System.CommandLine.Parsing;
using System.Globalization;

namespace LogEngine.Cli;

/// <summary>A size on the command line: bytes, or with K, M or G in powers of 1024.</summary>
internal static class ByteSize
{
    internal static long Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        int shift = char.ToUpperInvariant(text.Length == 0 ? ' ' : text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => 0,
        };
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(..^1);
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value <= long.MaxValue >> shift)
        {
            return value << shift;
        }

        result.AddError($"'{text}' is not a size; write bytes, or 64K, 16M, 1G.");
        return 0;
    }
}
