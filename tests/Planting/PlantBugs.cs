using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes copies of the product's sources with mistakes in them, which a test project compiles
/// instead. Each mistake is a file, NAME.patch; docs/testing.md, 'Planted bugs', says what is in
/// it. What it takes away or stands beside must be in the product's source exactly once; anything
/// else is an error of the build. All are matched against the sources as they are, never against each
/// other's work. MSBuild compiles this file by itself when a build needs it (Planting.targets).
/// </summary>
public sealed class PlantBugs : Task
{
    private const string FileMark = "--- ";
    private const string HunkMark = "@@";

    /// <summary>The mistakes: files in the form above.</summary>
    [Required]
    public ITaskItem[] Bugs { get; set; }

    /// <summary>What the project compiles; nothing else can be changed.</summary>
    [Required]
    public ITaskItem[] Sources { get; set; }

    /// <summary>The directory that the paths in the mistakes begin at.</summary>
    [Required]
    public string Root { get; set; }

    /// <summary>Where the copies go, each by its path below the root.</summary>
    [Required]
    public string Into { get; set; }

    /// <summary>Gets the path of each copy, a line each, once all of them are written.</summary>
    [Required]
    public string List { get; set; }

    public override bool Execute()
    {
        HashSet<string> sources = new HashSet<string>(
            Sources.Select(source => source.GetMetadata("FullPath")));
        List<Hunk> hunks = Bugs
            .Select(bug => bug.GetMetadata("FullPath"))
            .OrderBy(path => Path.GetFileName(path), StringComparer.Ordinal)
            .SelectMany(Parse)
            .ToList();
        List<string> planted = new List<string>();
        foreach (IGrouping<string, Hunk> changes in hunks.GroupBy(hunk => hunk.Source))
        {
            string source = Path.GetFullPath(Path.Combine(Root, changes.Key));
            if (!sources.Contains(source))
            {
                Fail(changes.First(), $"the project does not compile {changes.Key}");
                continue;
            }

            string copy = Path.Combine(Into, changes.Key);
            Directory.CreateDirectory(Path.GetDirectoryName(copy));
            File.WriteAllText(copy, Plant(source, changes.ToList()));
            planted.Add(changes.Key);
        }

        if (Log.HasLoggedErrors)
        {
            return false;
        }

        File.WriteAllLines(List, planted);
        return true;
    }

    private List<Hunk> Parse(string path)
    {
        List<Hunk> hunks = new List<Hunk>();
        string[] lines = File.ReadAllLines(path);
        string source = null;
        Hunk hunk = null;
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            bool isFile = line.StartsWith(FileMark, StringComparison.Ordinal);
            if (isFile || line.StartsWith(HunkMark, StringComparison.Ordinal))
            {
                source = isFile ? line.Substring(FileMark.Length).Trim() : source;
                hunk = new Hunk { Patch = path, Number = i + 1, Source = source };
                hunks.Add(hunk);
            }
            else if (source != null)
            {
                hunk.Lines.Add(new Line(i + 1, line));
            }
        }

        if (hunks.Count == 0)
        {
            hunks.Add(new Hunk { Patch = path, Number = 1 });
        }

        return hunks.Where(IsSound).ToList();
    }

    private bool IsSound(Hunk hunk)
    {
        // A blank line between two hunks is in none of them.
        while (hunk.Lines.Count > 0 && hunk.Lines[hunk.Lines.Count - 1].Text.Trim().Length == 0)
        {
            hunk.Lines.RemoveAt(hunk.Lines.Count - 1);
        }

        Line odd = hunk.Lines.FirstOrDefault(line => " +-".IndexOf(line.Kind) < 0);
        if (odd != null)
        {
            Fail(hunk, "a line begins with a blank, '+' or '-'", odd.Number);
            return false;
        }

        if (hunk.Source == null || !hunk.Found.Any() || hunk.Lines.All(line => line.Kind == ' '))
        {
            Fail(
                hunk,
                "it needs a line '--- FILE', lines that are in the file, and a change of them");
            return false;
        }

        return true;
    }

    private string Plant(string source, List<Hunk> hunks)
    {
        string[] lines = File.ReadAllLines(source);
        Hunk[] takenBy = new Hunk[lines.Length];
        List<Addition>[] before = new List<Addition>[lines.Length + 1];
        foreach (Hunk hunk in hunks)
        {
            List<int> places = PlacesOf(hunk.Found.ToList(), lines);
            if (places.Count != 1)
            {
                string where = string.Join(", ", places.Select(place => place + 1));
                Fail(hunk, places.Count == 0
                    ? $"its lines are not in {hunk.Source}"
                    : $"its lines are in {hunk.Source} more than once: at {where}");
                continue;
            }

            int at = places[0];
            foreach (Line line in hunk.Lines)
            {
                if (line.Kind == '+')
                {
                    (before[at] ??= new List<Addition>()).Add(new Addition(hunk, line));
                    continue;
                }

                if (line.Kind == '-' && takenBy[at] != null)
                {
                    Fail(
                        hunk,
                        $"{takenBy[at].Name} takes line {at + 1} of {hunk.Source} away as well",
                        line.Number);
                }

                takenBy[at] = line.Kind == '-' ? hunk : takenBy[at];
                at++;
            }
        }

        return Write(source, lines, takenBy, before);
    }

    /// <summary>Where lines are, whatever their indentation.</summary>
    private static List<int> PlacesOf(List<string> found, string[] lines) => Enumerable
        .Range(0, Math.Max(0, lines.Length - found.Count + 1))
        .Where(at => found.Select((text, i) => text == lines[at + i].Trim()).All(same => same))
        .ToList();

    private static string Write(
        string source, string[] lines, Hunk[] takenBy, List<Addition>[] before)
    {
        // 'Generated', so that nobody judges its style; but the compiler does look for null.
        StringBuilder copy = new StringBuilder("// <auto-generated/>\n#nullable enable\n");
        bool follows = false;
        for (int i = 0; i <= lines.Length; i++)
        {
            string patch = null;
            foreach (Addition added in before[i] ?? new List<Addition>())
            {
                if (patch != added.Hunk.Patch)
                {
                    patch = added.Hunk.Patch;
                    copy.Append($"#line {added.Line.Number} \"{patch}\"\n");
                }

                copy.Append(added.Line.Code).Append('\n');
                follows = false;
            }

            if (i == lines.Length || takenBy[i] != null)
            {
                follows = false;
                continue;
            }

            if (!follows)
            {
                copy.Append($"#line {i + 1} \"{source}\"\n");
                follows = true;
            }

            copy.Append(lines[i]).Append('\n');
        }

        return copy.ToString();
    }

    private void Fail(Hunk hunk, string what, int number = 0) => Log.LogError(
        null, "PLANT", null, hunk.Patch, number == 0 ? hunk.Number : number, 1, 0, 0,
        "planted bug {0}: {1}", hunk.Name, what);

    /// <summary>Lines of one source, left or taken away, and those that come in.</summary>
    private sealed class Hunk
    {
        public string Patch;
        public int Number;
        public string Source;
        public List<Line> Lines = new List<Line>();

        public string Name => Path.GetFileNameWithoutExtension(Patch);

        public IEnumerable<string> Found =>
            Lines.Where(line => line.Kind != '+').Select(line => line.Code.Trim());
    }

    private sealed class Line
    {
        public Line(int number, string text)
        {
            Number = number;
            Text = text;
        }

        public int Number { get; }

        public string Text { get; }

        public char Kind => Text.Length == 0 ? ' ' : Text[0];

        public string Code => Text.Length == 0 ? Text : Text.Substring(1);
    }

    private sealed class Addition
    {
        public Addition(Hunk hunk, Line line)
        {
            Hunk = hunk;
            Line = line;
        }

        public Hunk Hunk { get; }

        public Line Line { get; }
    }
}
