using System.Collections.Concurrent;
using LogEngine.PostgreSql;

namespace LogEngine.AgentsTests;

/// <summary>Workflows of the library itself, over a restart.</summary>
public sealed class WorkflowTests
{
    private const int UpTo = 10;
    private const long Total = UpTo * (UpTo + 1) / 2;

    [Fact]
    public async Task A_workflow_goes_on_in_another_engine_object_behind_any_of_its_checkpoints()
    {
        using ScratchDirectory directory = new();
        List<CheckpointInfo> saved;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory.Path))
        {
            CheckpointManager checkpoints = await ManagerAsync(engine);
            await using StreamingRun run = await Workflows.StartOrResumeAsync(Workflows.Sum(UpTo), checkpoints);
            (List<object?> outputs, saved) = await Workflows.FinishAsync(run);
            Assert.Equal([Total], outputs);
            Assert.True(saved.Count >= UpTo, $"only {saved.Count} checkpoints");
            Assert.Equal(saved[^1], await checkpoints.GetLatestCheckpointAsync(Workflows.Session));
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory.Path);
        CheckpointManager after = await ManagerAsync(again);
        foreach (int at in new[] { 0, 4, 7 })
        {
            ConcurrentBag<int> done = [];
            Workflow workflow = Workflows.Sum(UpTo, number =>
            {
                done.Add(number);
                return ValueTask.CompletedTask;
            });
            await using StreamingRun run = await InProcessExecution.ResumeStreamingAsync(workflow, saved[at], after);
            (List<object?> outputs, _) = await Workflows.FinishAsync(run);
            Assert.Equal([Total], outputs);

            // What came before the checkpoint is not done again.
            Assert.Equal(Enumerable.Range(at + 2, UpTo - at - 1), done.Order());
        }
    }

    [Fact]
    public async Task A_request_that_waits_for_an_answer_waits_after_a_restart_too()
    {
        using ScratchDirectory directory = new();
        string asked;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory.Path))
        {
            await using StreamingRun run = await InProcessExecution.RunStreamingAsync(
                Approval(), "PO-1042", await ManagerAsync(engine), Workflows.Session);
            asked = Assert.Single(await RequestsAsync(run)).RequestId;
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory.Path);
        CheckpointManager after = await ManagerAsync(again);
        CheckpointInfo latest = (await after.GetLatestCheckpointAsync(Workflows.Session))!;
        await using StreamingRun resumed = await InProcessExecution.ResumeStreamingAsync(Approval(), latest, after);
        ExternalRequest request = Assert.Single(await RequestsAsync(resumed));
        Assert.Equal(asked, request.RequestId);
        await resumed.SendResponseAsync(request.CreateResponse(true));
        (List<object?> outputs, _) = await Workflows.FinishAsync(resumed);
        Assert.Equal(["approved"], outputs);
    }

    [Fact]
    public async Task Many_sessions_run_at_once_in_one_store()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        CheckpointManager checkpoints = await ManagerAsync(engine);
        await Parallel.ForEachAsync(Enumerable.Range(1, 12), async (number, cancellation) =>
        {
            await using StreamingRun run = await InProcessExecution.RunStreamingAsync(
                Workflows.Sum(number), 1, checkpoints, $"session-{number}", cancellation);
            (List<object?> outputs, _) = await Workflows.FinishAsync(run);
            Assert.Equal([number * (number + 1L) / 2], outputs);
        });
    }

    [SkippableFact]
    public async Task On_a_server_another_process_goes_on()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync();
        PostgreSqlEngineOptions options = new() { ConnectionString = server.ConnectionString };
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine other = await PostgreSqlEngine.OpenAsync(options);
        int left = 4;
        await using (StreamingRun run = await Workflows.StartOrResumeAsync(
            Workflows.Sum(UpTo), await ManagerAsync(one)))
        {
            await Workflows.FinishAsync(run, _ => --left == 0);
        }

        await using StreamingRun resumed = await Workflows.StartOrResumeAsync(
            Workflows.Sum(UpTo), await ManagerAsync(other));
        (List<object?> outputs, _) = await Workflows.FinishAsync(resumed);
        Assert.Equal([Total], outputs);
    }

    private static async Task<CheckpointManager> ManagerAsync(StorageEngine engine) =>
        CheckpointManager.CreateJson(await CheckpointStoreTests.OpenAsync(engine));

    private static Workflow Approval()
    {
        Func<string, string> prepare = order => $"prepared {order}";
        Func<bool, string> decide = approved => approved ? "approved" : "rejected";
        ExecutorBinding first = prepare.BindAsExecutor("prepare");
        ExecutorBinding last = decide.BindAsExecutor("decide");
        RequestPort approval = RequestPort.Create<string, bool>("approval");
        return new WorkflowBuilder(first)
            .AddEdge(first, approval)
            .AddEdge(approval, last)
            .WithOutputFrom(last)
            .Build();
    }

    private static async Task<List<ExternalRequest>> RequestsAsync(StreamingRun run)
    {
        List<ExternalRequest> requests = [];
        await foreach (WorkflowEvent happened in run.WatchStreamAsync(blockOnPendingRequest: false))
        {
            if (happened is RequestInfoEvent asked)
            {
                requests.Add(asked.Request);
            }
        }

        return requests;
    }
}
