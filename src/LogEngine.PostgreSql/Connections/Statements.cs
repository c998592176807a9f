using System.Collections.Concurrent;
using System.Text;

namespace LogEngine.PostgreSql.Connections;

/// <summary>
/// The statements, each a file of its own in the folder Sql, for one schema. The schema's name, which is an
/// identifier by its rule, is all that is ever put into them.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Statements(string schema)
{
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);

    internal string Schema => schema;

    /// <summary>The statement of a file, by the file's name without its ending.</summary>
    internal string this[string name] => _texts.GetOrAdd(name, Load);

    private string Load(string name)
    {
        using Stream file = typeof(Statements).Assembly.GetManifestResourceStream($"{name}.sql")
            ?? throw new InvalidOperationException($"Invariant broken: there is no statement '{name}'.");
        using StreamReader reader = new(file, Encoding.UTF8);
        string text = reader.ReadToEnd();
        return schema == PostgreSqlEngineOptions.DefaultSchema
            ? text
            : text.Replace("logengine.", $"{schema}.", StringComparison.Ordinal);
    }
}
