using System.Diagnostics;

namespace LogEngine.Platforms;

/// <summary>
/// Windows programs under Wine: the calls of Windows with the files of Linux. What it shows is whether the
/// right calls are made and answered; what survives a power loss on NTFS it cannot show.
/// </summary>
internal sealed class Wine() : Emulation("win-x64")
{
    private static readonly string? _program = Find();
    private static readonly SemaphoreSlim _one = new(1);
    private static bool _isReady;

    /// <summary>
    /// Kept from run to run, since making it takes longer than the tests. Not in the checkout: it has a
    /// link to the root of the file system, which whoever lists the checkout would follow.
    /// </summary>
    private static string Prefix { get; } =
        Path.Combine(Path.GetTempPath(), "logengine-wine-" + Environment.UserName);

    /// <summary>Skips where there is no Wine; makes its Windows where there is none yet.</summary>
    internal static async Task<Wine> RequireAsync()
    {
        Skip.If(_program is null, "wine64 is not installed");
        await _one.WaitAsync();
        try
        {
            if (!_isReady)
            {
                // As that Windows which the calls that are used came with.
                await SetUpAsync("reg", "add", @"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f");
                _isReady = true;
            }
        }
        finally
        {
            _one.Release();
        }

        return new Wine();
    }

    internal override string PathOf(string path) => @"Z:" + path.Replace('/', '\\');

    protected override ProcessStartInfo StartOf(string host)
    {
        ProcessStartInfo start = With(new ProcessStartInfo(_program!));
        start.ArgumentList.Add(Path.Combine(host, RuntimeHost.Name + ".exe"));
        start.Environment["DOTNET_TieredCompilation"] = "0";
        start.Environment["DOTNET_GCgen0size"] = "0x10000000";
        return start;
    }

    private static async Task SetUpAsync(params string[] arguments)
    {
        Directory.CreateDirectory(Prefix);
        using Process process = Tools.Start(With(new ProcessStartInfo(_program!, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        }));
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();

        // The services that it leaves behind keep its streams open: their end is not waited for.
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        Assert.True(
            process.ExitCode == 0,
            output.IsCompleted && errors.IsCompleted
                ? await output + await errors
                : $"wine reg ended with {process.ExitCode}");
    }

    private static ProcessStartInfo With(ProcessStartInfo start)
    {
        start.Environment["WINEPREFIX"] = Prefix;
        start.Environment["WINEDEBUG"] = "-all";

        // No browser engine is installed into it, and no menu.
        start.Environment["WINEDLLOVERRIDES"] = "mshtml=;winemenubuilder.exe=";
        start.Environment.Remove("DISPLAY");
        return start;
    }

    private static string? Find() =>
        Tools.Find("wine64")
        ?? (File.Exists("/usr/lib/wine/wine64") ? "/usr/lib/wine/wine64" : Tools.Find("wine"));
}
