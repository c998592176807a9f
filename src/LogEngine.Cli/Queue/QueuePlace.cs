using System.CommandLine;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>Which queue a verb works on, and how it is opened.</summary>
internal sealed class QueuePlace
{
    internal Argument<string> Directory { get; } = new("DIR")
    {
        Description = Arguments.Place,
    };

    internal Argument<string> Name { get; } = new("QUEUE") { Description = "The queue's name." };

    /// <summary>Opens engine and queue, does something, and closes both.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="create">Whether engine and queue may be new.</param>
    /// <param name="work">What to do; gives the exit code.</param>
    /// <param name="cancellationToken">Cancels opening.</param>
    internal Task<int> RunAsync(
        ParseResult parsed,
        bool create,
        Func<DurableQueue, Task<int>> work,
        CancellationToken cancellationToken) => RunAsync(
            parsed,
            create ? EnginePlace.OpenOrCreateAsync : EnginePlace.OpenAsync,
            create,
            work,
            cancellationToken);

    /// <summary>Only looks: changes nothing, also beside a process that has it open.</summary>
    internal Task<int> LookAsync(
        ParseResult parsed, Func<DurableQueue, Task<int>> work, CancellationToken cancellationToken) =>
        RunAsync(parsed, EnginePlace.OpenReadOnlyAsync, false, work, cancellationToken);

    private async Task<int> RunAsync(
        ParseResult parsed,
        Func<string, CancellationToken, ValueTask<StorageEngine>> open,
        bool create,
        Func<DurableQueue, Task<int>> work,
        CancellationToken cancellationToken)
    {
        string place = parsed.GetValue(Directory)!;
        string name = parsed.GetValue(Name)!;
        await using StorageEngine engine = await open(place, cancellationToken);
        if (!create && !(await engine.ListQueuesAsync(cancellationToken)).Contains(name))
        {
            throw new StorageNotFoundException(EnginePlace.IsDatabase(place)
                ? $"there is no queue '{name}'"
                : $"there is no queue '{name}' in '{place}'");
        }

        await using DurableQueue queue = await engine.OpenQueueAsync(
            name, cancellationToken: cancellationToken);
        return await work(queue);
    }
}
