using System.Text;

namespace LogEngine;

/// <summary>Text as bytes and back: UTF-8, and nothing is put in the place of what is none.</summary>
internal static class TextRules
{
    /// <summary>Bytes of a key or a value as text.</summary>
    /// <exception cref="FormatException">They are no UTF-8.</exception>
    internal static string Decode(ReadOnlySpan<byte> bytes, string what)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw new FormatException($"{what} is no UTF-8 text.", error);
        }
    }

    internal static byte[] Encode(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        try
        {
            return Strict.GetBytes(text);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException(
                "The text holds an unpaired surrogate, which is no text.", parameter, error);
        }
    }

    /// <summary>UTF-8 that throws where text or bytes are none.</summary>
    internal static UTF8Encoding Strict { get; } = new(false, throwOnInvalidBytes: true);
}
