using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace LogEngine.Properties.Hostile;

/// <summary>
/// Case G3: files that say what nobody wrote, with every checksum right. Verifying one of them never
/// ended, others gave exceptions without a name. Every reader must take any of them in bounded time,
/// or say with a typed exception what is wrong and where.
/// </summary>
/// <remarks>
/// LOGENGINE_HOSTILE_SECONDS makes it run longer, LOGENGINE_HOSTILE_SEED begins with another forgery;
/// a failure prints the seed, and the fewest of its changes that fail.
/// </remarks>
public sealed class ForgedFilesTests(ITestOutputHelper output)
{
    private const int DefaultSeconds = 20;

    /// <summary>However busy the machine is.</summary>
    private const int AtLeast = 10;

    /// <summary>One forgery takes some milliseconds; this is a hang.</summary>
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Whatever_is_forged_every_reader_ends_and_says_where()
    {
        List<HostileStore> stores = await HostileStore.MakeAllAsync();
        foreach (HostileStore store in stores)
        {
            Assert.Contains(store.Structures.Values, s => s.Count > 2);
            Assert.Null(await RunAsync(store, []));
        }

        int first = Setting("LOGENGINE_HOSTILE_SEED", 1);
        int seconds = Setting("LOGENGINE_HOSTILE_SECONDS", DefaultSeconds);
        Stopwatch clock = Stopwatch.StartNew();
        int seed = first;
        for (; clock.Elapsed < TimeSpan.FromSeconds(seconds) || seed < first + AtLeast; seed++)
        {
            Random random = new(seed);
            HostileStore store = stores[random.Next(stores.Count)];
            List<Forgery> forgeries =
                [.. Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Forgery.Draw(store, random))];
            if (await RunAsync(store, forgeries) is { } failure)
            {
                (forgeries, failure) = await ShrinkAsync(store, forgeries, failure);
                Assert.Fail(
                    $"LOGENGINE_HOSTILE_SEED={seed}, {store.Name}\n"
                    + $"{string.Join('\n', forgeries)}\n{failure}");
            }
        }

        output.WriteLine($"{seed - first} forged directories, seeds from {first} on");
    }

    /// <summary>Null, or what was wrong.</summary>
    private static async Task<string?> RunAsync(HostileStore store, List<Forgery> forgeries)
    {
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        foreach ((string name, byte[] bytes) in store.Files)
        {
            files.Add(name, [.. bytes]);
        }

        forgeries.ForEach(f => f.Apply(store, files));
        foreach ((string name, List<Structure> structures) in store.Structures)
        {
            // Records and blocks under the salt that their header now has.
            structures.ForEach(s => s.Repair(files[name]));
        }

        try
        {
            return await Task.Run(() => new EveryReader(store, files).RunAsync()).WaitAsync(s_hang);
        }
        catch (TimeoutException)
        {
            return $"a reader has not ended after {s_hang.TotalSeconds} s";
        }
    }

    /// <summary>Leaves out what is not needed to fail.</summary>
    private static async Task<(List<Forgery> Forgeries, string Failure)> ShrinkAsync(
        HostileStore store, List<Forgery> forgeries, string failure)
    {
        for (int i = forgeries.Count - 1; i >= 0 && forgeries.Count > 1; i--)
        {
            List<Forgery> fewer = [.. forgeries.Where((_, at) => at != i)];
            if (await RunAsync(store, fewer) is { } still)
            {
                (forgeries, failure) = (fewer, still);
            }
        }

        return (forgeries, failure);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(
            Environment.GetEnvironmentVariable(name),
            NumberStyles.Integer,
            CultureInfo.InvariantCulture,
            out int value) ? value : otherwise;
}
