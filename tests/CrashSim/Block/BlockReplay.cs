namespace LogEngine.CrashSim.Block;

/// <summary>
/// Goes through a record of requests: the disk after each prefix, and after any choice of what was
/// written since the last flush.
/// </summary>
/// <typeparam name="TExpected">What a store recovered somewhere must and may hold.</typeparam>
internal sealed class BlockReplay<TExpected>
{
    private readonly IReadOnlyList<BlockRequest> _requests;
    private readonly IBlockWorkload<TExpected> _workload;
    private readonly long _fileSystemBytes;

    /// <summary>By number of requests done: the last mark, or -1.</summary>
    private readonly int[] _marks;

    /// <summary>By number of requests done: how many of them the last flush covers.</summary>
    private readonly int[] _flushed;

    internal BlockReplay(
        IReadOnlyList<BlockRequest> requests,
        IBlockWorkload<TExpected> workload,
        long fileSystemBytes)
    {
        _requests = requests;
        _workload = workload;
        _fileSystemBytes = fileSystemBytes;
        _marks = new int[requests.Count + 1];
        _flushed = new int[requests.Count + 1];
        _marks[0] = -1;
        for (int i = 0; i < requests.Count; i++)
        {
            _marks[i + 1] = IsMark(requests[i])
                ? BitConverter.ToInt32(requests[i].Bytes.Span)
                : _marks[i];
            _flushed[i + 1] = requests[i].IsFlush ? i + 1 : _flushed[i];
        }
    }

    /// <summary>Lengths of prefixes that differ from the one before, once the log is in use.</summary>
    internal IReadOnlyList<int> Prefixes => [.. Enumerable.Range(1, _requests.Count).Where(
        i => _marks[i] >= 0 && !IsMark(_requests[i - 1]) && !_requests[i - 1].IsFlush)];

    /// <summary>The disk after so many requests.</summary>
    internal DiskPages Prefix(DiskPages fresh, int count) => Apply(fresh.Clone(), 0, count);

    /// <summary>
    /// The disk after a power loss there: what was flushed, and of the rest some pages.
    /// </summary>
    internal DiskPages Subset(DiskPages fresh, int count, Random random)
    {
        int flushed = _flushed[count];
        DiskPages disk = Apply(fresh.Clone(), 0, flushed);
        double share = random.Next(3) switch { 0 => 0.15, 1 => 0.85, _ => 0.5 };
        for (int i = flushed; i < count; i++)
        {
            BlockRequest request = _requests[i];
            for (int at = 0; at < request.Bytes.Length && !IsMark(request);)
            {
                int within = (int)((request.Offset + at) % DiskPages.PageSize);
                int length = Math.Min(request.Bytes.Length - at, DiskPages.PageSize - within);
                if (random.NextDouble() < share)
                {
                    disk.Write(request.Bytes.Span.Slice(at, length), request.Offset + at);
                }

                at += length;
            }
        }

        return disk;
    }

    /// <summary>Whether anything was written there since the last flush.</summary>
    internal bool HasChoice(int count) => _flushed[count] < count;

    /// <summary>
    /// What a store recovered there must and may hold: the step after the last mark was under way.
    /// </summary>
    internal TExpected Expected(int count)
    {
        IReadOnlyList<TExpected> marked = _workload.Expected;
        return _workload.Between(
            marked[_marks[count]], marked[Math.Min(_marks[count] + 1, marked.Count - 1)]);
    }

    private DiskPages Apply(DiskPages disk, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            if (!IsMark(_requests[i]))
            {
                disk.Write(_requests[i].Bytes.Span, _requests[i].Offset);
            }
        }

        return disk;
    }

    private bool IsMark(BlockRequest request) =>
        !request.IsFlush && request.Offset >= _fileSystemBytes;
}
