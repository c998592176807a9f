using Spectre.Console;

namespace LogEngine.Cli;

/// <summary>A bar on standard error while something long runs, if that is a terminal.</summary>
internal static class ProgressBar
{
    /// <summary>Runs work that reports bytes done; <paramref name="total"/> 0 is unknown.</summary>
    internal static async Task<T> RunAsync<T>(
        ToolIO io, string what, long total, Func<Action<long>?, Task<T>> work)
    {
        if (!io.ShowProgress)
        {
            return await work(null);
        }

        return await Bar(io).StartAsync(context =>
        {
            ProgressTask task = context.AddTask(what, maxValue: Math.Max(1, total));
            task.IsIndeterminate = total == 0;
            return work(done => task.Value = done);
        });
    }

    /// <summary>Runs a call on a directory, which says itself how much there is to do.</summary>
    internal static async Task<T> RunAsync<T>(
        ToolIO io, string what, Func<IProgress<InspectionProgress>?, Task<T>> work)
    {
        if (!io.ShowProgress)
        {
            return await work(null);
        }

        return await Bar(io).StartAsync(context =>
        {
            ProgressTask task = context.AddTask(what);
            return work(new Direct(progress =>
            {
                task.MaxValue = Math.Max(1, progress.BytesTotal);
                task.Value = progress.BytesDone;
            }));
        });
    }

    private static Progress Bar(ToolIO io)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(io.Error),
        });
        return console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(),
            new ProgressBarColumn(),
            new PercentageColumn(),
            new RemainingTimeColumn());
    }

    /// <summary>Reports at once: the framework's own posts to the pool, out of order.</summary>
    private sealed class Direct(Action<InspectionProgress> report) : IProgress<InspectionProgress>
    {
        public void Report(InspectionProgress value) => report(value);
    }
}
