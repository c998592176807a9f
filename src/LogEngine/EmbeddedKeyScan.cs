using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine;

/// <summary>A scan of an embedded engine: it can also be moved without waiting for anybody.</summary>
/// <remarks>
/// Not thread-safe. Dispose it: it keeps what it reads alive. It reads ahead in steps that begin with a few
/// values and grow, or of as many as the range's limit allows.
/// </remarks>
public sealed class EmbeddedKeyScan : KeyScan
{
    /// <summary>
    /// Short scans find values in the cache, if they are there; long ones read the log in order, if
    /// that is how the values lie.
    /// </summary>
    private const int ShortEntries = 256;

    /// <summary>
    /// Entries after which an uncached scan may read the log in long stretches: before, it might be over
    /// after the next one.
    /// </summary>
    private const int FewEntries = 24;

    private readonly EngineReads _reads;
    private readonly PinnedView _view;
    private readonly bool _ownsView;
    private readonly bool _keysOnly;
    private readonly bool _backward;
    private readonly ScanStep _step;

    /// <summary>Null until there is a stretch of the log to be read.</summary>
    private ScanWindow? _window;
    private IndexCursor? _cursor;

    /// <summary>What the scan stands on.</summary>
    private Source _source;

    /// <summary>Where the value is, in the window.</summary>
    private ValuePlace _value;

    /// <summary>The cursor stands on an entry that has not been given out.</summary>
    private bool _pending;

    /// <summary>Entries given out, until they are many.</summary>
    private int _given;

    /// <summary>Entries that may still be given out.</summary>
    private int _left;

    /// <summary>Entries of the next step.</summary>
    private int _nextStep;
    private bool _disposed;

    internal EmbeddedKeyScan(
        EngineReads reads,
        PinnedView view,
        bool ownsView,
        KeyspaceName keyspace,
        ScanRange range)
    {
        _reads = reads;
        _view = view;
        _ownsView = ownsView;
        _keysOnly = range.KeysOnly;
        _backward = range.Reverse;
        _left = range.Limit == 0 ? int.MaxValue : range.Limit;
        _nextStep = range.Limit == 0 ? ScanStep.FirstEntries : ScanStep.MostEntries;
        _step = new ScanStep(reads, view);
        if (keyspace.TryResolve(view.Facts, out uint id))
        {
            _cursor = RangeCursors.Rent(view.Root, id, range);
        }
    }

    /// <summary>Where the current entry is.</summary>
    private enum Source
    {
        None,
        Cursor,
        Step,
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Key => _source switch
    {
        Source.Cursor => _cursor!.Key[IndexKey.PrefixSize..],
        Source.Step => _step.Key,
        _ => throw NoEntry(),
    };

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Value => _source switch
    {
        Source.Cursor => _keysOnly ? default : _window!.Bytes(_value),
        Source.Step => _step.Value,
        _ => throw NoEntry(),
    };

    /// <inheritdoc/>
    public override ValueInfo Info => _source switch
    {
        Source.Cursor => EngineReads.InfoOf(_cursor!.Value),
        Source.Step => EngineReads.InfoOf(_step.Entry),
        _ => throw NoEntry(),
    };

    /// <summary>
    /// Goes to the next entry; may read the disk on the calling thread. False at the end.
    /// </summary>
    /// <exception cref="CorruptionException">A value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">A file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The scan, its view or the engine is closed.</exception>
    public bool MoveNext()
    {
        if (TryMoveNearby())
        {
            return true;
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        int slot = _reads.Gate.Enter();
        try
        {
            return Advance();
        }
        finally
        {
            _reads.Gate.Leave(slot);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<bool>(cancellationToken)
            // From memory: nothing to wait for elsewhere.
            : _keysOnly || _left == 0 ? new ValueTask<bool>(MoveNext())
            : TryMoveNearby() ? new ValueTask<bool>(true)
            : new ValueTask<bool>(_reads.RunAsync(MoveNext, cancellationToken));

    /// <summary>The entries from the next on, each with bytes of its own: for <c>foreach</c>.</summary>
    public IEnumerator<KeyValueEntry> GetEnumerator()
    {
        while (MoveNext())
        {
            yield return new KeyValueEntry(Key.ToArray(), Value.ToArray(), Info);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _source = Source.None;
        RangeCursors.Return(_cursor);
        _cursor = null;
        _step.Dispose();
        _window?.Dispose();
        if (_ownsView)
        {
            _reads.Release(_view);
        }
    }

    private static InvalidOperationException NoEntry() => new("The scan stands on no entry.");

    /// <summary>Goes to the next entry where that takes neither the index nor a file.</summary>
    private bool TryMoveNearby()
    {
        if (_left == 0)
        {
            return false;
        }

        if (_source == Source.Cursor && !_pending && _cursor!.TryMoveInLeaf())
        {
            _pending = true;
            return TryGiveCursor();
        }

        return _source == Source.Step && TryGiveFromStep();
    }

    /// <summary>Gives out the cursor's entry, if its value is at hand.</summary>
    private bool TryGiveCursor()
    {
        IndexValue entry = _cursor!.Value;
        if (entry.IsExpiredAt(_view.NowTicks)
            || !(_keysOnly || TryFindInWindow(entry)))
        {
            return false;
        }

        _pending = false;
        _left--;
        return true;
    }

    private bool TryFindInWindow(in IndexValue entry) =>
        _window is { } window && window.TryFind(entry, _cursor!.Key, out _value);

    private bool Advance()
    {
        _source = Source.None;
        if (_left == 0)
        {
            return false;
        }

        if (_step.HasMore)
        {
            return ReadStep();
        }

        while (_pending || _cursor?.MoveNext() == true)
        {
            _pending = true;
            if (_cursor!.Value.IsExpiredAt(_view.NowTicks))
            {
                _pending = false;
                continue;
            }

            if (TryGiveCursor() || (TryFillWindow() && TryGiveCursor()))
            {
                _source = Source.Cursor;
                return true;
            }

            _step.Take(_cursor, Math.Min(_nextStep, _left));
            _pending = false;
            _nextStep = Math.Min(_nextStep * ScanStep.Growth, ScanStep.MostEntries);
            _given += _given < ShortEntries ? _step.Count : 0;
            return ReadStep();
        }

        return false;
    }

    private bool ReadStep()
    {
        _step.ReadValues();
        _source = Source.Step;
        return TryGiveFromStep();
    }

    private bool TryGiveFromStep()
    {
        if (!_step.MoveNext())
        {
            return false;
        }

        _left--;
        return true;
    }

    /// <summary>Reads the log from the cursor's entry on, if that is worth it.</summary>
    private bool TryFillWindow()
    {
        IndexValue entry = _cursor!.Value;
        return (_window?.IsNext(entry) == true
                || (_given >= FewEntries
                    && _left >= FewEntries
                    && (_given >= ShortEntries || !_reads.IsCached(entry))
                    && ScanWindow.IsWorthIt(_cursor)))
            && (_window ??= _reads.NewScanWindow()).TryFill(entry, _backward);
    }
}
