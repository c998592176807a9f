namespace LogEngine.Platforms.Runner;

/// <summary>Started with a command and its arguments; its exit code is 0 where all went well.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        Console.Out.NewLine = "\n";
        switch (arguments)
        {
            case ["tests", .. string[] names]:
                return TestRun.Run(
                    [.. names.Where(name => name[0] != '-')],
                    [.. names.Where(name => name[0] == '-').Select(name => name[1..])]);
            case ["classes", string prefix]:
                TestRun.List(prefix);
                return 0;
            case ["write", string directory]:
                await Scenes.WriteAsync(directory);
                return 0;
            case ["shop", string directory]:
                await Scenes.ShopAsync(directory);
                return 0;
            case ["open", string directory]:
                await Scenes.OpenAsync(directory);
                return 0;
            case ["look", string directory]:
                await Scenes.LookAsync(directory);
                return 0;
            case ["host", string directory]:
                await Scenes.HostAsync(directory);
                return 0;
            default:
                await Console.Error.WriteLineAsync(
                    $"no such command: {string.Join(' ', arguments)}");
                return 2;
        }
    }
}
