using LogEngine.Log;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Watches a keyspace, in pieces of work among those of the engine, and keeps what it is told: commit by
/// commit, before it asks for more.
/// </summary>
/// <param name="machine">Where it runs.</param>
/// <param name="kept">What it has kept before.</param>
/// <param name="seed">Of when it pauses.</param>
/// <param name="isSlow">Whether it sometimes lets much happen before it asks for more.</param>
internal sealed class Watcher(
    SimulatedMachine machine, WatchMemory kept, int seed, bool isSlow = false)
{
    /// <summary>Turns of others in a long pause: about a segment is filled meanwhile.</summary>
    private const int LongPause = 1000;

    private readonly Random _random = new(seed);
    private CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;

    /// <summary>What it has kept: whole commits.</summary>
    internal WatchMemory Kept { get; private set; } = kept;

    /// <summary>A watch is open that keeps the log behind it.</summary>
    internal bool IsAwake { get; private set; }

    /// <summary>What an open watch must never say.</summary>
    internal string? Problem { get; private set; }

    /// <summary>How often changes were lost to it.</summary>
    internal int Lost { get; private set; }

    /// <summary>Begins behind what it has kept; what is lost by then makes it begin anew.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="mayLose">Whether the log behind it may have been freed.</param>
    internal void Begin(EmbeddedEngine engine, bool mayLose)
    {
        IsAwake = true;
        _stopping = new CancellationTokenSource();
        _following = FollowAsync(engine, mayLose, _stopping.Token);
    }

    /// <summary>Stops watching.</summary>
    internal void Sleep()
    {
        IsAwake = false;
        _stopping.Cancel();
        machine.Wait(_following);
    }

    /// <summary>Runs the machine until it has been told everything up to a sequence.</summary>
    internal void RunUntil(long sequence) => machine.Scheduler.RunUntil(
        () => Kept.Position?.Commit >= sequence || Problem is not null, "a watch");

    private async Task FollowAsync(EmbeddedEngine engine, bool mayLose, CancellationToken token)
    {
        try
        {
            await ReadAsync(engine, token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (ChangesLostException lost)
        {
            if (mayLose && HasGap(engine, Kept.Position!.Value.Commit))
            {
                Lost++;
                Kept = WatchMemory.Empty(Kept.Keyspace);
                await FollowAsync(engine, mayLose: false, token).ConfigureAwait(false);
                return;
            }

            Problem = mayLose ? $"nothing is missing: {lost.Message}" : $"lost: {lost.Message}";
        }
        catch (Exception error)
        {
            Problem = error.ToString();
        }
    }

    private async Task ReadAsync(EmbeddedEngine engine, CancellationToken token)
    {
        WatchMemory read = Kept;
        WatchOptions options = new()
        {
            From = read.Position,
            StartsWithState = read.Position is null,
            ReportsProgress = true,
        };
        await foreach (KeyChange change in engine.GetKeyspace(read.Keyspace)
            .WatchAsync(options, token).ConfigureAwait(false))
        {
            if (change.Kind != KeyChangeKind.State && change.Position != read.Position)
            {
                // The commit before is complete.
                Kept = read;
            }

            read = read.With(change);
            if (change.Kind == KeyChangeKind.Progress)
            {
                Kept = read;
            }

            int turns = isSlow && _random.Next(8) == 0 ? _random.Next(LongPause) : _random.Next(2);
            for (int i = 0; i < turns; i++)
            {
                await PauseAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Lets others have their turn.</summary>
    private Task PauseAsync()
    {
        Turn turn = new();
        machine.Scheduler.Queue(turn);
        return turn.Come.Task;
    }

    /// <summary>Whether a sequence behind a place is in no segment any more.</summary>
    private static bool HasGap(EmbeddedEngine engine, long behind)
    {
        Segment[] segments = [.. engine.Lifetime.Log.Writer.View.Map.Segments];
        long next = behind + 1;
        for (int i = 0; i < segments.Length - 1; i++)
        {
            if (segments[i].FirstSequence > next)
            {
                return true;
            }

            next = Math.Max(next, segments[i].LastSequence + 1);
        }

        return segments[^1].FirstSequence > next;
    }

    private sealed class Turn : IThreadPoolWorkItem
    {
        internal TaskCompletionSource Come { get; } = new();

        public void Execute() => Come.SetResult();
    }
}
