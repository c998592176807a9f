namespace LogEngine.Log;

/// <summary>The files that wait to be segments. Thread-safe.</summary>
/// <remarks>
/// Taking is done under the commit queue's gate; adding and filling by the preparer's worker;
/// giving up by whoever needs the space. A file that the worker holds is not given up under it.
/// </remarks>
internal sealed class SparePool(LogFiles files, int most)
{
    private readonly Lock _gate = new();
    private readonly List<PreparedFile> _spares = [];

    /// <summary>The file that the worker is writing zeros to.</summary>
    private PreparedFile? _held;

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _spares.Count;
            }
        }
    }

    /// <summary>Whether a file with that much written would be better than none, or than another.</summary>
    internal bool Wants(long prepared)
    {
        lock (_gate)
        {
            return most > 0 && (_spares.Count < most || Worst_NeedsLock()?.Prepared < prepared);
        }
    }

    /// <summary>Adds a recycled file; where there are enough, the least prepared one goes.</summary>
    internal void AddRecycled(PreparedFile file)
    {
        PreparedFile? worst = null;
        lock (_gate)
        {
            if (_spares.Count >= most && (worst = Worst_NeedsLock()) is not null)
            {
                _spares.Remove(worst);
            }

            _spares.Add(file);
        }

        if (worst is not null)
        {
            Discard(worst);
        }
    }

    internal void Add(PreparedFile file)
    {
        lock (_gate)
        {
            _spares.Add(file);
        }
    }

    /// <summary>Takes the one with the most prepared blocks; null where there is none.</summary>
    internal PreparedFile? TryTake()
    {
        lock (_gate)
        {
            PreparedFile? best = null;
            foreach (PreparedFile spare in _spares)
            {
                best = best is null || spare.Prepared > best.Prepared ? spare : best;
            }

            if (best is not null)
            {
                _spares.Remove(best);
            }

            return best;
        }
    }

    /// <summary>The i-th file; null behind the last.</summary>
    internal PreparedFile? At(int index)
    {
        lock (_gate)
        {
            return index < _spares.Count ? _spares[index] : null;
        }
    }

    /// <summary>Keeps a file from being given up until <see cref="Release"/>; false if it was.</summary>
    internal bool TryHold(PreparedFile file, bool isActive)
    {
        lock (_gate)
        {
            if (!isActive && !_spares.Contains(file))
            {
                return false;
            }

            _held = file;
            return true;
        }
    }

    internal void Release()
    {
        lock (_gate)
        {
            _held = null;
        }
    }

    /// <summary>Removes the spares, for the space they take; false if there were none.</summary>
    internal bool GiveUp()
    {
        List<PreparedFile> given;
        lock (_gate)
        {
            given = _spares.FindAll(spare => !ReferenceEquals(spare, _held));
            _spares.RemoveAll(given.Contains);
        }

        given.ForEach(Discard);
        return given.Count > 0;
    }

    /// <summary>Closes the files and leaves them where they are.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _spares.ForEach(spare => spare.Dispose());
            _spares.Clear();
        }
    }

    /// <summary>The one with the fewest prepared blocks that may be given up.</summary>
    private PreparedFile? Worst_NeedsLock()
    {
        PreparedFile? worst = null;
        foreach (PreparedFile spare in _spares)
        {
            bool worse = worst is null || spare.Prepared < worst.Prepared;
            worst = worse && !ReferenceEquals(spare, _held) ? spare : worst;
        }

        return worst;
    }

    private void Discard(PreparedFile spare)
    {
        spare.Dispose();
        files.Unlink(spare.Path);
    }
}
