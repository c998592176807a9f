using System.CommandLine;
using System.Text;

namespace LogEngine.Cli;

/// <summary>What a message is made of, on the command line: headers, and all of the input as one.</summary>
internal static class MessageArguments
{
    internal static Option<string[]> Headers() => new("--header")
    {
        Description = "A header, NAME=VALUE; may be given several times.",
    };

    internal static Option<bool> Whole() => new("--whole")
    {
        Description = "All of standard input is one message, to the byte, whatever is in it.",
    };

    /// <summary>The headers that were given; null for none.</summary>
    /// <exception cref="ArgumentException">One has no name, or two have the same.</exception>
    internal static Dictionary<string, string>? ParseHeaders(string[]? headers)
    {
        if (headers is null or [])
        {
            return null;
        }

        Dictionary<string, string> parsed = new(StringComparer.Ordinal);
        foreach (string header in headers)
        {
            int equals = header.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new ArgumentException($"--header takes NAME=VALUE, not '{header}'");
            }

            if (!parsed.TryAdd(header[..equals], header[(equals + 1)..]))
            {
                throw new ArgumentException($"--header has '{header[..equals]}' twice");
            }
        }

        return parsed;
    }

    /// <summary>
    /// The one message that was given, on the command line or as all of the input; null for one a line.
    /// </summary>
    /// <exception cref="ArgumentException">Both were given.</exception>
    internal static async Task<byte[]?> ReadOneAsync(
        ToolIO io, string name, string? text, bool whole, CancellationToken cancellationToken) =>
        text is not null && whole ? throw new ArgumentException($"--whole goes without {name}")
            : text is not null ? Encoding.UTF8.GetBytes(text)
            : whole ? await ReadAllAsync(io.Input, cancellationToken)
            : null;

    /// <summary>All of a stream, no more than a value may have.</summary>
    /// <exception cref="RecordTooLargeException">There is more.</exception>
    internal static async Task<byte[]> ReadAllAsync(
        Stream input, CancellationToken cancellationToken)
    {
        using MemoryStream all = new();
        byte[] piece = new byte[64 << 10];
        for (int read = 1; read > 0;)
        {
            read = await input.ReadAsync(piece, cancellationToken);
            all.Write(piece, 0, read);
            if (all.Length > StorageEngine.MaxValueBytes)
            {
                throw new RecordTooLargeException(
                    "A value", all.Length, StorageEngine.MaxValueBytes);
            }
        }

        return all.ToArray();
    }
}
