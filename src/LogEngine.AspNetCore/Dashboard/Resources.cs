using System.Collections.Concurrent;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>The page's own files, out of the assembly.</summary>
internal static class Resources
{
    private static readonly ConcurrentDictionary<string, byte[]> Known = new();

    /// <summary>In addresses, so that no browser goes on with files of another version.</summary>
    internal static string Version { get; } = typeof(Resources).Module.ModuleVersionId.ToString("N")[..12];

    internal static byte[] Of(string name) => Known.GetOrAdd(name, static name =>
    {
        using Stream file = typeof(Resources).Assembly.GetManifestResourceStream($"dashboard/{name}")
            ?? throw new InvalidOperationException($"The dashboard's {name} is not in the assembly.");
        byte[] content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    });
}
