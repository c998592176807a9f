namespace LogEngine.AgentsTests;

/// <summary>Workflows of plain executors.</summary>
internal static class Workflows
{
    internal const string Session = "session";

    /// <summary>
    /// Two executors that hand a number to each other, one more each time, and add each one up in the workflow's state;
    /// the sum comes out at the end.
    /// </summary>
    /// <param name="upTo">The last number.</param>
    /// <param name="effect">What is done with each number, outside the workflow.</param>
    internal static Workflow Sum(int upTo, Func<int, ValueTask>? effect = null)
    {
        ExecutorBinding ping = Step("ping");
        ExecutorBinding pong = Step("pong");
        Func<int, IWorkflowContext, CancellationToken, ValueTask<long>> end = async (_, context, cancellation) =>
            await context.ReadStateAsync<long>("sum", "sums", cancellation);
        ExecutorBinding done = end.BindAsExecutor("done");
        return new WorkflowBuilder(ping)
            .AddEdge<int>(ping, pong, number => number <= upTo)
            .AddEdge<int>(pong, ping, number => number <= upTo)
            .AddEdge<int>(ping, done, number => number > upTo)
            .AddEdge<int>(pong, done, number => number > upTo)
            .WithOutputFrom(done)
            .Build();

        ExecutorBinding Step(string id)
        {
            Func<int, IWorkflowContext, CancellationToken, ValueTask<int>> step =
                async (number, context, cancellation) =>
                {
                    if (effect is not null)
                    {
                        await effect(number);
                    }

                    long sum = await context.ReadOrInitStateAsync("sum", () => 0L, "sums", cancellation);
                    await context.QueueStateUpdateAsync("sum", sum + number, "sums", cancellation);
                    return number + 1;
                };
            return step.BindAsExecutor(id);
        }
    }

    /// <summary>Begins it, or goes on behind its latest checkpoint.</summary>
    internal static async Task<StreamingRun> StartOrResumeAsync(Workflow workflow, CheckpointManager checkpoints) =>
        await checkpoints.GetLatestCheckpointAsync(Session) is { } latest
            ? await InProcessExecution.ResumeStreamingAsync(workflow, latest, checkpoints)
            : await InProcessExecution.RunStreamingAsync(workflow, 1, checkpoints, Session);

    /// <summary>Runs on until there is nothing to do, and gives what came out.</summary>
    internal static async Task<(List<object?> Outputs, List<CheckpointInfo> Checkpoints)> FinishAsync(
        StreamingRun run, Func<CheckpointInfo, bool>? stopAt = null)
    {
        List<object?> outputs = [];
        List<CheckpointInfo> checkpoints = [];
        await foreach (WorkflowEvent happened in run.WatchStreamAsync(blockOnPendingRequest: false))
        {
            switch (happened)
            {
                case WorkflowErrorEvent error:
                    throw new InvalidOperationException("The workflow failed.", error.Exception);
                case ExecutorFailedEvent failed:
                    throw new InvalidOperationException($"{failed.ExecutorId} failed: {failed.Data}");
                case WorkflowOutputEvent output:
                    outputs.Add(output.Data);
                    break;
                case SuperStepCompletedEvent { CompletionInfo.Checkpoint: { } checkpoint }:
                    checkpoints.Add(checkpoint);
                    if (stopAt?.Invoke(checkpoint) == true)
                    {
                        return (outputs, checkpoints);
                    }

                    break;
            }
        }

        return (outputs, checkpoints);
    }
}
