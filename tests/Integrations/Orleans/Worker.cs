using System.Globalization;

namespace LogEngine.OrleansTests;

/// <summary>
/// What is killed: a silo whose grains count and register reminders, started with a directory, the number of the round
/// and how often each grain counts. It says what it has found, and a line for each call that is complete.
/// </summary>
internal static class Worker
{
    internal const int Grains = 8;

    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        int round = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        int count = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(arguments[0]);
        (IHost host, _) = await TestSilo.StartAsync(engine);
        for (int grain = 0; grain < Grains; grain++)
        {
            Say($"found {grain} {await host.Counter($"{grain}").ReadAsync()}");
            foreach (string name in await host.Reminders($"{grain}").NamesAsync())
            {
                Say($"kept {grain} {name}");
            }
        }

        Say("ready");
        await Task.WhenAll(Enumerable.Range(0, Grains).Select(async grain =>
        {
            for (int call = 0; call < count; call++)
            {
                Say($"wrote {grain} {await host.Counter($"{grain}").AddAsync(1)}");
                if (call % 8 == 0)
                {
                    string name = $"{round}-{call}";
                    await host.Reminders($"{grain}").RegisterAsync(
                        name, TimeSpan.FromDays(1), TimeSpan.FromDays(1));
                    Say($"registered {grain} {name}");
                }
            }
        }));
        await host.EndAsync();
        Say("end");
        return 0;
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
