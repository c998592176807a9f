using System.CommandLine;
using System.CommandLine.Completions;

namespace LogEngine.Cli.Help;

/// <summary>
/// What can stand next on a command line. Shells ask for it: <c>logengine complete -- WORD...</c>, of which the
/// last is the one that is being written; with <c>--next</c> in front a new one is begun.
/// </summary>
internal static class Completion
{
    internal const string Verb = "complete";

    /// <summary>The words that were written, from the arguments behind the verb.</summary>
    internal static string[] WordsOf(IReadOnlyList<string> args)
    {
        bool isNext = args.Count > 0 && args[0] == "--next";
        string[] words = [.. args.Skip(isNext ? 1 : 0)];
        words = words is ["--", ..] ? words[1..] : words;
        return isNext ? [.. words, ""] : words;
    }

    /// <summary>In order; nothing where the shell knows better, as of files.</summary>
    internal static IEnumerable<string> Of(Command root, IReadOnlyList<string> words)
    {
        string last = words.Count == 0 ? "" : words[^1];
        Command command = root;
        Option? open = null;
        foreach (string word in words.Take(words.Count - 1))
        {
            Option? option = Find(command, word);
            open = option is { Arity.MaximumNumberOfValues: > 0 } && option.ValueType != typeof(bool)
                ? option
                : null;
            command = command.Subcommands
                .FirstOrDefault(sub => sub.Name == word || sub.Aliases.Contains(word)) ?? command;
        }

        IEnumerable<string> found = open is not null
            ? open.GetCompletions(CompletionContext.Empty).Select(item => item.Label)
            : last.StartsWith('-')
                ? command.Options.Select(option => option.Name).Append("--help")
                : command.Subcommands.Select(sub => sub.Name).Concat(ValuesOf(command));
        return found.Where(name => name.StartsWith(last, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
    }

    /// <summary>Of arguments that are one of a few words.</summary>
    private static IEnumerable<string> ValuesOf(Command command) => command.Arguments
        .SelectMany(argument => argument.GetCompletions(CompletionContext.Empty))
        .Select(item => item.Label);

    private static Option? Find(Command command, string word) => command.Options
        .FirstOrDefault(option => option.Name == word || option.Aliases.Contains(word));
}
