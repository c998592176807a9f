using System.CommandLine;

namespace LogEngine.Cli.Help;

/// <summary>What somebody may have meant who wrote something that there is not.</summary>
internal static class TypoHint
{
    private const int MostEdits = 2;

    /// <summary>The name of a command or an option that is close to a word; null where none is.</summary>
    internal static string? Of(string word, Command command)
    {
        IEnumerable<string> names = word.StartsWith('-')
            ? command.Options.Select(option => option.Name)
            : command.Subcommands.SelectMany(sub => sub.Aliases.Prepend(sub.Name));
        return names
            .Select(name => (Name: name, Edits: EditsOf(word, name)))
            .Where(near => near.Edits <= Math.Clamp(near.Name.Length / 3, 1, MostEdits))
            .OrderBy(near => near.Edits)
            .ThenBy(near => near.Name, StringComparer.Ordinal)
            .Select(near => near.Name)
            .FirstOrDefault();
    }

    /// <summary>None for the beginning of a name, from two letters on.</summary>
    private static int EditsOf(string word, string name) =>
        word.Length >= 2 && name.StartsWith(word, StringComparison.OrdinalIgnoreCase)
            ? 0
            : Distance(word.ToLowerInvariant(), name);

    /// <summary>
    /// How many letters have to be put in, left out, changed or exchanged with their neighbour.
    /// </summary>
    internal static int Distance(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            edits[i, 0] = i;
        }

        for (int j = 0; j <= to.Length; j++)
        {
            edits[0, j] = j;
        }

        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int change = from[i - 1] == to[j - 1] ? 0 : 1;
                edits[i, j] = Math.Min(
                    Math.Min(edits[i - 1, j] + 1, edits[i, j - 1] + 1), edits[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                {
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
                }
            }
        }

        return edits[from.Length, to.Length];
    }
}
