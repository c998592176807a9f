using System.Collections;
using System.Globalization;
using System.Reflection;
using LogEngine.Agents;
using LogEngine.Akka.Persistence;
using LogEngine.AspNetCore;
using LogEngine.OpenTelemetry;
using LogEngine.Orleans;
using LogEngine.Rebus;
using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Docs;

public sealed class OptionsPageTests
{
    public static TheoryData<object> Defaults => new(
        typeof(WriteAheadLog).Assembly.GetExportedTypes()
            .Concat(typeof(CacheOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineTransportOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineJournalOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineBlobProviderOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineGrainStorageOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineCheckpointOptions).Assembly.GetExportedTypes())
            .Where(type => !type.IsAbstract
                && (type.Name.EndsWith("Options", StringComparison.Ordinal)
                    || type == typeof(LogRetention)))
            .Select(type => Activator.CreateInstance(type)!));

    [SkippableTheory]
    [MemberData(nameof(Defaults), DisableDiscoveryEnumeration = true)]
    public void Every_option_has_a_row_with_its_type_and_default(object options)
    {
        string section = Section(options.GetType());
        foreach (PropertyInfo option in Properties(options.GetType()))
        {
            string row = section.Split('\n').SingleOrDefault(line => line.StartsWith(
                $"| `{option.Name}` |", StringComparison.Ordinal)) ?? "";
            Assert.True(row.Length > 0, $"no row for {option.Name}");
            string[] cells = row.Split('|', StringSplitOptions.TrimEntries);
            Assert.Contains(Spell(option.GetValue(options)), cells[3], StringComparison.Ordinal);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Defaults), DisableDiscoveryEnumeration = true)]
    public void Every_option_has_a_paragraph_and_no_other_has(object options)
    {
        IEnumerable<string> described = Section(options.GetType()).Split('\n')
            .Where(line => line.StartsWith("**`", StringComparison.Ordinal))
            .Select(line => line[3..line.IndexOf("`**", StringComparison.Ordinal)]);
        Assert.Equal(
            Properties(options.GetType()).Select(p => p.Name).Order(), described.Order());
    }

    [SkippableTheory]
    [MemberData(nameof(Defaults), DisableDiscoveryEnumeration = true)]
    public void Every_bound_that_the_code_names_is_in_its_row(object options)
    {
        Type type = options.GetType();
        string section = Section(type);
        foreach (PropertyInfo bound in type.GetProperties(
            BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy))
        {
            if (bound.Name.StartsWith("Min", StringComparison.Ordinal)
                || bound.Name.StartsWith("Max", StringComparison.Ordinal))
            {
                string row = section.Split('\n').First(line => line.StartsWith(
                    $"| `{bound.Name[3..]}` |", StringComparison.Ordinal));
                Assert.Contains(Spell(bound.GetValue(null)), row, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Those of ours: what comes from a framework's class is the framework's to describe.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.CanWrite && p.GetIndexParameters().Length == 0
                && p.DeclaringType!.Assembly.GetName().Name!.StartsWith("LogEngine", StringComparison.Ordinal));

    private static string Section(Type options)
    {
        string page = File.ReadAllText(Repository.RequireFile("docs", "options.md"));
        int start = page.IndexOf($"## {options.Name}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/options.md has no section '{options.Name}'");
        int end = page.IndexOf("\n## ", start, StringComparison.Ordinal);
        return end < 0 ? page[start..] : page[start..end];
    }

    private static string Spell(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        Enum name => $"`{name}`",
        TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
        TimeProvider => "`TimeProvider.System`",
        QueueOptions => "`QueueOptions`",
        ICollection { Count: 0 } or ReadOnlyMemory<byte> { IsEmpty: true } => "empty",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
