namespace LogEngine.Stores.Topics;

/// <summary>What a process knows of a group: one, however many objects there are of it.</summary>
/// <remarks>
/// Thread-safe. Where one process works on the topic, what is here is where the cursor is. Where several do, it
/// is where it was seen last, and versions tell which of two looks is the later.
/// </remarks>
internal sealed class GroupState(string name, byte[] key, long cursor, long version)
{
    private readonly Lock _gate = new();
    private long _cursor = cursor;
    private long _version = version;
    private long _position = cursor;
    private bool _moving;

    /// <summary>It is deleted, or about to be: what it commits would bring it back.</summary>
    private bool _deleted;

    internal string Name => name;

    internal byte[] Key => key;

    internal long Cursor => Volatile.Read(ref _cursor);

    internal long Position => Volatile.Read(ref _position);

    /// <summary>One read at a time.</summary>
    internal SemaphoreSlim Reading { get; } = new(1, 1);

    /// <summary>One commit of the group alone at a time.</summary>
    internal SemaphoreSlim Committing { get; } = new(1, 1);

    /// <summary>Cursor at which it was seen to last what may be removed.</summary>
    internal long TrimmedAt { get; set; } = cursor;

    /// <summary>Begins to move the cursor; gives where it is.</summary>
    /// <exception cref="InvalidOperationException">
    /// Another move is on its way, or the group is deleted.
    /// </exception>
    internal long BeginMove()
    {
        lock (_gate)
        {
            if (_deleted)
            {
                throw Deleted();
            }

            if (_moving)
            {
                throw new InvalidOperationException(
                    $"The cursor of group '{name}' is being moved already; one commit at a time.");
            }

            _moving = true;
            return _cursor;
        }
    }

    /// <summary>The move is done, to there and by that version; null where it failed.</summary>
    internal void EndMove((long Cursor, long Version)? moved)
    {
        lock (_gate)
        {
            _moving = false;
            if (moved is { } there && there.Version > _version)
            {
                _version = there.Version;
                Volatile.Write(ref _cursor, there.Cursor);
            }
        }
    }

    /// <summary>The deletion that a move was begun for is done, or has failed.</summary>
    internal void EndDeletion(bool deleted)
    {
        lock (_gate)
        {
            _moving = false;
            _deleted = deleted;
        }
    }

    /// <summary>
    /// The cursor was seen there. Where another process has moved it, reading goes on from it: what is before
    /// it is done with, and what is behind it is to be read again if it went back.
    /// </summary>
    internal void Saw(long seen, long byVersion)
    {
        lock (_gate)
        {
            if (byVersion <= _version)
            {
                return;
            }

            if (seen < _cursor || seen > _position)
            {
                Volatile.Write(ref _position, seen);
            }

            _version = byVersion;
            Volatile.Write(ref _cursor, seen);
        }
    }

    /// <summary>It is gone: another one of the name is another group.</summary>
    internal void MarkDeleted()
    {
        lock (_gate)
        {
            _deleted = true;
        }
    }

    internal InvalidOperationException Deleted() => new($"Group '{name}' is deleted.");

    /// <summary>It has read on from an offset to another; a reset meanwhile wins.</summary>
    internal void Advance(long from, long to)
    {
        lock (_gate)
        {
            if (_position == from)
            {
                Volatile.Write(ref _position, to);
            }
        }
    }

    internal void ReadFrom(long offset)
    {
        lock (_gate)
        {
            Volatile.Write(ref _position, offset);
        }
    }
}
