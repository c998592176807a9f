namespace LogEngine.Platforms;

/// <summary>The runner for this machine's own runtime, in a place that everybody may read.</summary>
internal static class PortableRunner
{
    internal static TimeSpan Patience { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Copies what the scenes need; gives the assembly to start.</summary>
    internal static string CopyTo(string directory)
    {
        Directory.CreateDirectory(directory);
        string[] patterns =
        [
            "LogEngine.dll", "LogEngine.Extensions.dll", "LogEngine.PostgreSql.dll", "Cronos.dll",
            "Microsoft.Extensions.*.dll", "System.*.dll", "Npgsql*.dll", "xunit*.dll",
            RuntimeHost.Name + ".dll", RuntimeHost.Name + ".runtimeconfig.json",
        ];
        foreach (string from in patterns.SelectMany(
            pattern => Directory.GetFiles(AppContext.BaseDirectory, pattern)))
        {
            string to = Path.Combine(directory, Path.GetFileName(from));
            File.Copy(from, to, overwrite: true);
        }

        return Path.Combine(directory, RuntimeHost.Name + ".dll");
    }
}
