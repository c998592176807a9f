using LogEngine.Engine;
using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>Removes the chunks of large values that a crash left without a value.</summary>
internal sealed class OrphanSweep(
    IScheduler scheduler, ChunkWriter chunks, IReadOnlyList<long> sets)
{
    private readonly Queue<long> _sets = new(sets);

    internal bool IsEmpty => _sets.Count == 0;

    internal async Task RunAsync()
    {
        while (_sets.TryPeek(out long set))
        {
            await scheduler.Until(chunks.DropAsync(set).AsTask()).ConfigureAwait(false);
            _sets.Dequeue();
        }
    }
}
