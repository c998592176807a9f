using System.Globalization;
using FsCheck;

namespace LogEngine.Properties;

/// <summary>
/// Runs properties: the same cases on every machine, or others with LOGENGINE_SEED set to a number.
/// A failure prints the seed that reproduces it.
/// </summary>
internal static class Checks
{
    private const ulong DefaultSeed = 20_260_102;

    internal static Config Times(int count)
    {
        string? set = Environment.GetEnvironmentVariable("LOGENGINE_SEED");
        ulong seed = set is null ? DefaultSeed : ulong.Parse(set, CultureInfo.InvariantCulture);

        // FsCheck wants an odd gamma.
        return Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(seed, (seed * 2) + 1);
    }
}
