using System.Globalization;
using System.Text;

namespace LogEngine.Unit.Golden;

/// <summary>
/// A log directory as text: its files, and the records that every later version must find in them.
/// </summary>
/// <remarks>
/// Lines: "# " a comment; "file NAME LENGTH"; then "OFFSET BYTES" in hex for the rows of a file
/// that are not zero, "OFFSET BYTE*COUNT" for a run of one byte; "first SEQUENCE"; "record BYTES"
/// or "record BYTE*COUNT" for each record in order.
/// </remarks>
internal sealed class GoldenDirectory
{
    private const int RowBytes = 32;

    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    internal long FirstSequence { get; private set; } = 1;

    internal List<byte[]> Records { get; } = [];

    internal static GoldenDirectory Parse(string text)
    {
        GoldenDirectory golden = new();
        byte[] file = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "#":
                    break;
                case "file":
                    file = new byte[int.Parse(words[2], CultureInfo.InvariantCulture)];
                    golden._files.Add(words[1], file);
                    break;
                case "first":
                    golden.FirstSequence = long.Parse(words[1], CultureInfo.InvariantCulture);
                    break;
                case "record":
                    golden.Records.Add(Decode(words[1]));
                    break;
                default:
                    Decode(words[1]).CopyTo(file, Convert.ToInt32(words[0], 16));
                    break;
            }
        }

        return golden;
    }

    /// <summary>
    /// The text of a directory; for writing a new golden file, once per format version.
    /// </summary>
    internal static string Describe(string directory, long first, IEnumerable<byte[]> records)
    {
        StringBuilder text = new();
        foreach (string path in Directory.GetFiles(directory).Order(StringComparer.Ordinal))
        {
            byte[] bytes = File.ReadAllBytes(path);
            text.Append(null, $"file {Path.GetFileName(path)} {bytes.Length}\n");
            int length;
            for (int at = 0; at < bytes.Length; at += length)
            {
                length = Math.Max(
                    RunLength(bytes.AsSpan(at)), Math.Min(RowBytes, bytes.Length - at));
                ReadOnlySpan<byte> row = bytes.AsSpan(at, length);
                if (row.ContainsAnyExcept((byte)0))
                {
                    text.Append(null, $"{at:x6} {Encode(row)}\n");
                }
            }
        }

        text.Append(null, $"first {first}\n");
        foreach (byte[] record in records)
        {
            text.Append(null, $"record {Encode(record)}\n");
        }

        return text.ToString();
    }

    internal void WriteTo(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach ((string name, byte[] bytes) in _files)
        {
            File.WriteAllBytes(Path.Combine(directory, name), bytes);
        }
    }

    private static int RunLength(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOfAnyExcept(bytes[0]);
        return end < 0 ? bytes.Length : end;
    }

    private static byte[] Decode(string word)
    {
        int star = word.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? Convert.FromHexString(word)
            : [.. Enumerable.Repeat(
                Convert.ToByte(word[..star], 16),
                int.Parse(word[(star + 1)..], CultureInfo.InvariantCulture))];
    }

    private static string Encode(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 1 && !bytes.ContainsAnyExcept(bytes[0])
            ? $"{bytes[0]:x2}*{bytes.Length}"
            : Convert.ToHexStringLower(bytes);
}
