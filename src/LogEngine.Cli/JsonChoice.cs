using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>
/// `--json`, of one shape everywhere: an object a line. Every verb has it that tells facts; those that give
/// bytes, scripts, or lines of JSON anyway have not.
/// </summary>
internal static class JsonChoice
{
    private const string Name = "--json";

    private static readonly string[] _without =
        ["blob export", "checkpoint export", "complete", "completion", "doc export", "dump", "run export"];

    /// <summary>Gives the option to the verbs below a command.</summary>
    internal static void AddTo(Command command, string path = "")
    {
        foreach (Command sub in command.Subcommands)
        {
            string name = path.Length == 0 ? sub.Name : $"{path} {sub.Name}";
            if (sub.Subcommands.Count > 0)
            {
                AddTo(sub, name);
            }
            else if (!_without.Contains(name))
            {
                sub.Add(new Option<bool>(Name) { Description = "Print JSON, an object a line." });
            }
        }
    }

    internal static bool WantsJson(this ParseResult parsed) => parsed.GetValue<bool>(Name);

    /// <summary>The format that was asked for, which <c>--json</c> is one of.</summary>
    /// <exception cref="ArgumentException">Two were asked for.</exception>
    internal static string FormatOf(this ParseResult parsed, Option<string> format)
    {
        if (!parsed.WantsJson())
        {
            return parsed.GetValue(format)!;
        }

        return parsed.GetResult(format) is { Implicit: false } && parsed.GetValue(format) != "json"
            ? throw new ArgumentException($"{Name} goes without another {format.Name}")
            : "json";
    }
}
