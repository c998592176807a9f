using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LogEngine.Cli.Stores;

/// <summary>What is imported: a JSON object on each line.</summary>
internal static class JsonLines
{
    internal static async IAsyncEnumerable<JsonElement> ReadAsync(
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

    /// <summary>A property that must be there.</summary>
    internal static JsonElement Required(this JsonElement line, string name) =>
        line.TryGetProperty(name, out JsonElement value)
            ? value
            : throw new ArgumentException($"a line of the input has no \"{name}\"");

    private static JsonElement Parse(string line, long number)
    {
        try
        {
            JsonElement element = JsonElement.Parse(line);
            return element.ValueKind == JsonValueKind.Object
                ? element
                : throw new ArgumentException($"line {number} of the input is no JSON object");
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"line {number} of the input is no JSON: {error.Message}");
        }
    }
}
