using System.Text.Encodings.Web;
using System.Text.Json;

namespace LogEngine.Compare.Reporting;

/// <summary>Results as JSON arrays in files.</summary>
internal static class ResultFiles
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>Writes rows; the file is whole.</summary>
    internal static void Write(string file, IReadOnlyList<ResultRow> rows) =>
        File.WriteAllText(file, JsonSerializer.Serialize(rows, Options) + "\n");

    /// <summary>Rows of all files below a directory, by the files' names.</summary>
    /// <exception cref="UsageException">There is none, or one is no array of results.</exception>
    internal static IReadOnlyList<ResultRow> Read(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new UsageException($"There is no directory '{directory}'.");
        }

        List<ResultRow> rows = [];
        foreach (string file in Directory
            .GetFiles(directory, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            try
            {
                rows.AddRange(
                    JsonSerializer.Deserialize<ResultRow[]>(File.ReadAllText(file), Options) ?? []);
            }
            catch (JsonException error)
            {
                throw new UsageException($"'{file}' holds no results: {error.Message}");
            }
        }

        return rows.Count > 0
            ? rows
            : throw new UsageException($"There are no results (*.json) below '{directory}'.");
    }
}
