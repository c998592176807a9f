using LogEngine;
using LogEngine.Agents;
using LogEngine.Stores;
using Microsoft.Agents.AI.Workflows;

// A workflow that writes, reviews and publishes, a second each. Stop it in the middle, with Ctrl+C or harder, and start
// it again with the same directory: it goes on behind the last step that was complete. Agents would stand where these
// functions do; how they think makes no difference to where they go on.
string directory = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), "logengine-agents");
await using StorageEngine engine = await StorageEngine.OpenAsync(directory);
LogEngineCheckpointStore store = new(await engine.OpenCheckpointsAsync("articles"));
CheckpointManager checkpoints = CheckpointManager.CreateJson(store);

ExecutorBinding write = Step("write");
ExecutorBinding review = Step("review");
ExecutorBinding publish = Step("publish");
Workflow workflow = new WorkflowBuilder(write)
    .AddEdge(write, review)
    .AddEdge(review, publish)
    .WithOutputFrom(publish)
    .Build();

CheckpointInfo? latest = await checkpoints.GetLatestCheckpointAsync("article-1");
Console.WriteLine(latest is null ? "begins" : $"goes on behind checkpoint {latest.CheckpointId}");
await using StreamingRun run = latest is null
    ? await InProcessExecution.RunStreamingAsync(workflow, "an article", checkpoints, "article-1")
    : await InProcessExecution.ResumeStreamingAsync(workflow, latest, checkpoints);
await foreach (WorkflowEvent happened in run.WatchStreamAsync())
{
    if (happened is WorkflowOutputEvent output)
    {
        Console.WriteLine(output.Data);
    }
}

// What has ended needs no checkpoints.
await store.DeleteSessionAsync("article-1");

static ExecutorBinding Step(string what)
{
    Func<string, CancellationToken, ValueTask<string>> step = async (text, cancellation) =>
    {
        Console.WriteLine($"{what}: {text}");
        await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
        return $"{text}, {what} done";
    };
    return step.BindAsExecutor(what);
}
