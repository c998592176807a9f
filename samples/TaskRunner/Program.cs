using System.Diagnostics;
using LogEngine;
using TaskRunner;

// `TaskRunner DIR [KILLS [SEED]]`: workers run the workflow in DIR one after the other. Each but
// the last is killed, without a chance to clean up, at a moment drawn from the seed, in its opening
// or in its work; the next one goes on where that one was.
// `TaskRunner work DIR [open|work MILLISECONDS]` is a worker, which kills itself so long after its
// start or after its first step.
if (args is ["work", string place, .. string[] limit])
{
    TaskCompletionSource begun = new();
    Task<int> working = WorkAsync(place, begun);
    if (limit is [string phase, string milliseconds])
    {
        await Task.WhenAny(working, phase == "work" ? begun.Task : Task.CompletedTask);
        await Task.WhenAny(working, Task.Delay(int.Parse(milliseconds)));
        if (!working.IsCompleted)
        {
            Process.GetCurrentProcess().Kill();
        }
    }

    return await working;
}

string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"task-runner-{Environment.ProcessId}");
int kills = args.Length > 1 ? int.Parse(args[1]) : 8;
Random random = new(args.Length > 2 ? int.Parse(args[2]) : 1);
int killed = 0;
for (int worker = 1; ; worker++)
{
    string[] moment = killed >= kills ? []
        : worker % 4 == 0 ? ["open", $"{random.Next(100)}"]
        : ["work", $"{random.Next(250)}"];
    int code = Run(directory, moment);
    if (code == 0)
    {
        Console.WriteLine($"worker {worker} finished; {killed} before it were killed");
        return await Check.RunAsync(directory) ? 0 : 1;
    }

    if (moment is [])
    {
        Console.WriteLine($"worker {worker} failed with code {code}");
        return 1;
    }

    killed++;
    Console.WriteLine($"worker {worker} was killed in {moment[0]} after {moment[1]} ms");
}

static int Run(string directory, string[] limit)
{
    string[] arguments = [typeof(Workflow).Assembly.Location, "work", directory, .. limit];
    string host = Environment.ProcessPath!;
    using Process worker = Path.GetFileNameWithoutExtension(host) == "dotnet"
        ? Process.Start(host, arguments)
        : Process.Start(host, arguments[1..]);
    worker.WaitForExit();
    return worker.ExitCode;
}

static async Task<int> WorkAsync(string directory, TaskCompletionSource begun)
{
    await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
    Workflow workflow = await Workflow.OpenAsync(engine);
    Console.WriteLine($"  {await workflow.DescribeAsync()}");
    await workflow.RunAsync(() => begun.TrySetResult());
    return 0;
}
