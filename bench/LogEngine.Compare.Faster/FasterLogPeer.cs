using FASTER.core;

namespace LogEngine.Compare.Faster;

/// <summary>FasterLog at the settings at which it was found fastest.</summary>
/// <remarks>
/// 4 MB pages (32 MB from 8 KiB payloads on), 64 MB of memory, 1 GB segments, per-entry checksum.
/// Its committer commits whenever something is uncommitted; where nobody waits for commits, it
/// gathers for 20 ms first, because then fewer commits are faster.
/// </remarks>
public sealed class FasterLogPeer : IAsyncDisposable
{
    private const long SmallPageBytes = 4L << 20;
    private const long LargePageBytes = 32L << 20;
    private const long MemoryBytes = 64L << 20;
    private const long SegmentBytes = 1L << 30;
    private const int LargePayloadBytes = 8192;

    private static readonly TimeSpan UnwaitedCommitDelay = TimeSpan.FromMilliseconds(20);

    private readonly FasterLogSettings _settings;
    private readonly FasterLog _log;
    private readonly CancellationTokenSource _closing = new();
    private readonly TimeSpan _commitDelay;
    private readonly Task _committer;

    private FasterLogPeer(FasterLogSettings settings, bool commit, TimeSpan commitDelay)
    {
        _settings = settings;
        _log = new FasterLog(settings);
        _commitDelay = commitDelay;
        _committer = commit
            ? Task.Factory.StartNew(
                CommitUntilClosed,
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap()
            : Task.CompletedTask;
    }

    /// <summary>Opens or creates a log for writing, with its committer running.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="payloadBytes">Size of the records to come; chooses the page size.</param>
    /// <param name="fastCommit">Whether commit metadata goes into the log.</param>
    /// <param name="waited">Whether appenders wait for their commits.</param>
    public static FasterLogPeer Open(
        string directory, int payloadBytes, bool fastCommit, bool waited) =>
        new(
            Settings(directory, payloadBytes, fastCommit),
            commit: true,
            waited ? TimeSpan.Zero : UnwaitedCommitDelay);

    /// <summary>Opens a closed log to be read.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="payloadBytes">As when it was written.</param>
    public static FasterLogPeer OpenToRead(string directory, int payloadBytes) =>
        new(Settings(directory, payloadBytes, fastCommit: false), commit: false, TimeSpan.Zero);

    /// <summary>Appends and waits for the commit.</summary>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload) =>
        _log.EnqueueAndWaitForCommitAsync(payload);

    /// <summary>Appends and blocks until the commit.</summary>
    public long Append(ReadOnlySpan<byte> payload) => _log.EnqueueAndWaitForCommit(payload);

    /// <summary>Appends without waiting; false where memory is full.</summary>
    public bool TryAppend(ReadOnlySpan<byte> payload) => _log.TryEnqueue(payload, out _);

    /// <summary>Waits for everything appended so far.</summary>
    public ValueTask FlushAsync() => _log.WaitForCommitAsync(_log.TailAddress);

    /// <summary>Reads everything; checksums are verified by the iterator.</summary>
    /// <returns>How many records, and their payload bytes.</returns>
    public (long Records, long Bytes) Scan()
    {
        using FasterLogScanIterator iterator = _log.Scan(
            _log.BeginAddress,
            _log.CommittedUntilAddress,
            recover: false,
            scanBufferingMode: ScanBufferingMode.DoublePageBuffering);
        CountingConsumer consumer = new();
        while (iterator.TryConsumeNext(consumer))
        {
        }

        return (consumer.Records, consumer.Bytes);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _committer.ConfigureAwait(false);
        _log.Dispose();
        _settings.LogDevice.Dispose();
        _settings.Dispose();
        _closing.Dispose();
    }

    private static FasterLogSettings Settings(string directory, int payloadBytes, bool fastCommit)
    {
        long page = payloadBytes >= LargePayloadBytes ? LargePageBytes : SmallPageBytes;
        return new FasterLogSettings
        {
            LogDevice = Devices.CreateLogDevice(Path.Combine(directory, "faster.log")),
            LogCommitDir = directory,
            PageSize = page,
            MemorySize = MemoryBytes,
            SegmentSize = SegmentBytes,
            LogChecksum = LogChecksumType.PerEntry,
            FastCommitMode = fastCommit,
            RemoveOutdatedCommits = true,
        };
    }

    private async Task CommitUntilClosed()
    {
        SpinWait spin = default;
        while (!_closing.IsCancellationRequested)
        {
            if (_log.TailAddress > _log.CommittedUntilAddress)
            {
                spin.Reset();
                if (_commitDelay > TimeSpan.Zero)
                {
                    await Task.Delay(_commitDelay).ConfigureAwait(false);
                }

                await _log.CommitAsync().ConfigureAwait(false);
            }
            else
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    private sealed class CountingConsumer : ILogEntryConsumer
    {
        internal long Records { get; private set; }

        internal long Bytes { get; private set; }

        public void Consume(ReadOnlySpan<byte> entry, long currentAddress, long nextAddress)
        {
            Records++;
            Bytes += entry.Length;
        }
    }
}
