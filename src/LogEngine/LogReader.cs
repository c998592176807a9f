using System.Runtime.CompilerServices;
using LogEngine.Log;

namespace LogEngine;

/// <summary>Reads a log in order, from a sequence on; every byte it gives out has been verified.</summary>
/// <remarks>
/// <para>
/// Not thread-safe; any number of readers may be open, also while the log is written. A reader holds
/// one open file and about 256 KiB of memory, 2 MiB while it reads on through sealed segments, more
/// only while a larger record passes.
/// </para>
/// <para>
/// Truncation does not disturb a reader within the segment it is in; behind it the reader gets a
/// <see cref="TruncatedException"/>. Damage is a <see cref="CorruptionException"/> that names file
/// and offset; the records before it have been given out and are right.
/// </para>
/// </remarks>
public sealed class LogReader : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private enum Use
    {
        /// <summary>Nobody but the caller of the moment.</summary>
        None,

        /// <summary>A look on another thread.</summary>
        Looking,

        /// <summary>Disposed.</summary>
        Over,
    }

    private readonly LogView _view;
    private readonly IScheduler _scheduler;
    private readonly LogCursor _cursor;
    private readonly LogReaderOptions _options;
    private readonly TimeProvider _time;
    private readonly IDisposable _directory;
    private volatile bool _disposed;

    /// <summary>Who uses the cursor: see <see cref="Use"/>.</summary>
    private int _use;

    internal LogReader(
        LogView view,
        LogEnvironment environment,
        IDisposable directory,
        long fromSequence,
        LogReaderOptions options,
        TimeProvider time)
    {
        _directory = directory;
        _view = view;
        _scheduler = environment.Scheduler;
        _cursor = new LogCursor(view, environment, fromSequence, options.UpTo);
        _options = options;
        _time = time;
    }

    /// <summary>Sequence of the next record that will be read.</summary>
    public long NextSequence => _cursor.NextSequence;

    /// <summary>Reads the next record if it is there; may read the disk, never waits for writers.</summary>
    /// <param name="record">The record; its payload is valid until the next call.</param>
    /// <returns>False where there is no further record yet.</returns>
    /// <exception cref="CorruptionException">The next record, or its group, is damaged.</exception>
    /// <exception cref="TruncatedException">The next record has been truncated.</exception>
    /// <exception cref="ObjectDisposedException">The reader is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryRead(out StoredRecord record)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_cursor.TryRead(out ReadOnlySpan<byte> payload))
        {
            record = new StoredRecord(_cursor.NextSequence - 1, _cursor.TimeTicks, payload);
            return true;
        }

        record = default;
        return false;
    }

    /// <summary>
    /// Waits until a record can be read. Without <see cref="LogReaderOptions.Follow"/> it does not
    /// wait for records still to come.
    /// </summary>
    /// <returns>
    /// True: <see cref="TryRead"/> will give a record. False: there is none and none will come, the
    /// end of a reader that does not follow, or of a log that was closed.
    /// </returns>
    /// <exception cref="StorageFaultedException">
    /// The reader follows, has read everything, and the log takes no more.
    /// </exception>
    public async ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            cancellationToken.ThrowIfCancellationRequested();
            if (_cursor.InGroup)
            {
                return true;
            }

            // Taken before the look, so that no change between the two is missed.
            Task change = _view.Changed.NextAsync();
            bool closed = _view.IsClosed;
            if (_cursor.NextSequence <= _view.Limit(_options.UpTo)
                && await EnterGroupAsync(cancellationToken).ConfigureAwait(false))
            {
                return true;
            }

            if (!_options.Follow || closed)
            {
                return false;
            }

            if (_view.Fault() is { } fault)
            {
                throw fault;
            }

            await WaitForChangeAsync(change, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads all records to the end, or for ever when following; each owns its bytes.</summary>
    public async IAsyncEnumerable<OwnedRecord> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (TryReadOwned(out OwnedRecord? record))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record!;
            }
        }
    }

    /// <summary>
    /// Lets go of the file and the memory. Idempotent. A call that waits ends with an
    /// <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;

        // A look that another thread is in the middle of reads on; whoever began it lets go then.
        if (Interlocked.Exchange(ref _use, (int)Use.Over) == (int)Use.None)
        {
            LetGo();
        }

        _view.Changed.Pulse();
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Looks for the next group on the pool, where the cursor must outlive a dispose.</summary>
    private async ValueTask<bool> EnterGroupAsync(CancellationToken cancellationToken)
    {
        switch ((Use)Interlocked.CompareExchange(ref _use, (int)Use.Looking, (int)Use.None))
        {
            case Use.Over:
                throw new ObjectDisposedException(nameof(LogReader));
            case Use.Looking:
                throw new InvalidOperationException(
                    "Another call on this reader has not ended; a reader serves one at a time.");
        }

        try
        {
            return await _scheduler.Run(_cursor.TryEnterGroup, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            if (Interlocked.CompareExchange(ref _use, (int)Use.None, (int)Use.Looking)
                == (int)Use.Over)
            {
                LetGo();
            }
        }
    }

    private void LetGo()
    {
        _cursor.Dispose();
        _directory.Dispose();
    }

    private bool TryReadOwned(out OwnedRecord? record)
    {
        bool found = TryRead(out StoredRecord read);
        record = found ? new OwnedRecord(read.Sequence, read.Time, read.Payload.ToArray()) : null;
        return found;
    }

    private static bool Look(Action poll)
    {
        poll();
        return true;
    }

    private async Task WaitForChangeAsync(Task change, CancellationToken cancellationToken)
    {
        if (_view.Poll is not { } poll)
        {
            await change.WaitAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        await Task.Delay(PollInterval, _time, cancellationToken).ConfigureAwait(false);
        await _scheduler.Run(() => Look(poll), cancellationToken).ConfigureAwait(false);
    }
}
