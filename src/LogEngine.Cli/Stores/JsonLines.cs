using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LogEngine.Cli.Stores;

/// <summary>What is imported: a JSON object on each line. A mistake names the line.</summary>
internal static class JsonLines
{
    internal static async IAsyncEnumerable<JsonLine> ReadAsync(
        Stream input, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using StreamReader reader = new(input, leaveOpen: true);
        for (long number = 1; ; number++)
        {
            string? line = await reader.ReadLineAsync(cancellationToken);
            if (line is null)
            {
                yield break;
            }

            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line, number);
            }
        }
    }

    private static JsonLine Parse(string line, long number)
    {
        try
        {
            JsonElement element = JsonElement.Parse(line);
            return element.ValueKind == JsonValueKind.Object
                ? new JsonLine(number, element)
                : throw new ArgumentException($"line {number} of the input is no JSON object");
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"line {number} of the input is no JSON: {error.Message}");
        }
    }
}
