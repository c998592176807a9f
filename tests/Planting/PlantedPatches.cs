using System.Reflection;
using System.Text.RegularExpressions;

namespace LogEngine.Tests;

/// <summary>The mistakes that this assembly was built with; Planting.targets embeds them.</summary>
internal static class PlantedPatches
{
    private const string Extension = ".patch";

    /// <summary>
    /// Fails where the files are not those of an enum, one for each mistake, or where one of them
    /// does not ask whether its own mistake is in force, or asks for another's.
    /// </summary>
    internal static void MustBeThoseOf<TBug>()
        where TBug : struct, Enum
    {
        Assembly assembly = typeof(TBug).Assembly;
        string[] bugs = [.. Enum.GetNames<TBug>().Where(name => name != "None").Order()];
        string[] patches =
        [
            .. assembly.GetManifestResourceNames()
                .Where(name => name.EndsWith(Extension, StringComparison.Ordinal))
                .Select(name => name[..^Extension.Length])
                .Order(),
        ];
        Assert.Equal(bugs, patches);
        Regex asked = new($@"^\+.*\.Is\({typeof(TBug).Name}\.(\w+)\)", RegexOptions.Multiline);
        foreach (string bug in bugs)
        {
            using StreamReader patch = new(assembly.GetManifestResourceStream(bug + Extension)!);
            MatchCollection matches = asked.Matches(patch.ReadToEnd());
            Assert.True(matches.Count > 0, $"{bug}{Extension} does not ask whether it is in force");
            Assert.All(matches, match => Assert.Equal(bug, match.Groups[1].Value));
        }
    }
}
