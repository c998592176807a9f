using System.Globalization;
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

        return total == 0
            ? await RunUnboundedAsync(
                io,
                what,
                told => work(done => told(string.Create(
                    CultureInfo.InvariantCulture, $"{what} {done / 1e6:F1} MB"))))
            : await Bar(io).StartAsync(context =>
            {
                ProgressTask task = context.AddTask(what, maxValue: total);
                return work(done => task.Value = done);
            });
    }

    /// <summary>Runs a call on a directory, which says itself how much there is to do.</summary>
    internal static Task<T> RunAsync<T>(
        ToolIO io, string what, Func<IProgress<InspectionProgress>?, Task<T>> work) =>
        RunAsync<InspectionProgress, T>(io, what, p => (p.BytesDone, p.BytesTotal), work);

    /// <summary>The same of a call that reports in its own way.</summary>
    internal static async Task<T> RunAsync<TProgress, T>(
        ToolIO io,
        string what,
        Func<TProgress, (long Done, long Total)> read,
        Func<IProgress<TProgress>?, Task<T>> work)
    {
        if (!io.ShowProgress)
        {
            return await work(null);
        }

        return await Bar(io).StartAsync(context =>
        {
            ProgressTask task = context.AddTask(what);
            return work(new Direct<TProgress>(progress =>
            {
                (long done, long total) = read(progress);
                task.MaxValue = Math.Max(1, total);
                task.Value = done;
            }));
        });
    }

    /// <summary>The same of a call that does not know how much there is to do; it says how much is done.</summary>
    internal static Task<T> RunAsync<TProgress, T>(
        ToolIO io,
        string what,
        Func<TProgress, string> describe,
        Func<IProgress<TProgress>?, Task<T>> work) => io.ShowProgress
            ? RunUnboundedAsync(
                io, what, told => work(new Direct<TProgress>(progress => told(describe(progress)))))
            : work(null);

    /// <summary>No end is known: it says how much is done, not what share of it.</summary>
    private static Task<T> RunUnboundedAsync<T>(
        ToolIO io, string what, Func<Action<string>, Task<T>> work)
    {
        Progress bar = Bar(io).Columns(new TaskDescriptionColumn(), new ProgressBarColumn());
        return bar.StartAsync(context =>
        {
            ProgressTask task = context.AddTask(what);
            task.IsIndeterminate = true;
            return work(text => task.Description = Markup.Escape(text));
        });
    }

    private static Progress Bar(ToolIO io)
    {
        // Whether standard error is a terminal has been found out; where the input comes from does
        // not matter to a bar, while the library would ask for it.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(io.Error),
            Interactive = InteractionSupport.Yes,
        });
        return console.Progress().AutoClear(true).Columns(
            new TaskDescriptionColumn(),
            new ProgressBarColumn(),
            new PercentageColumn(),
            new RemainingTimeColumn());
    }

    /// <summary>Reports at once: the framework's own posts to the pool, out of order.</summary>
    private sealed class Direct<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
