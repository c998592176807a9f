using System.Runtime.CompilerServices;

namespace LogEngine.Index;

/// <summary>Fills an empty index in strictly ascending order, page by page.</summary>
/// <remarks>
/// The writer's. Nothing is seen before <see cref="Complete"/> and a publication. Pages are filled
/// to about 95 %, so that the first changes later on do not split each of them.
/// </remarks>
internal sealed unsafe class IndexBuilder : IDisposable
{
    private const int FillBytes = Page.Size * 95 / 100;

    private readonly TreeParts _parts;
    private readonly TreeWriter _writer;

    /// <summary>The page of each level that entries go to; all are linked from above.</summary>
    private readonly uint[] _open = new uint[IndexLimits.MaxDepth + 1];
    private readonly KeyBuffer _lastKey = new();
    private int _lastLength;
    private int _height;
    private bool _ended;

    internal IndexBuilder(TreeParts parts, TreeWriter writer)
    {
        _parts = parts;
        _writer = writer;
    }

    /// <summary>Entries so far.</summary>
    internal long Count { get; private set; }

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="InvalidOperationException">The key is not above the one before.</exception>
    internal void Add(ReadOnlySpan<byte> key, in IndexValue value)
    {
        if (!TryAdd(key, in value))
        {
            throw new InvalidOperationException(
                $"Keys are added in ascending order; number {Count + 1} is not above the one"
                + " before.");
        }
    }

    /// <summary>Adds the next entry, unless its key is not above the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool TryAdd(ReadOnlySpan<byte> key, in IndexValue value)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        IndexInvariant.RequireKey(key.Length);
        if (key.SequenceCompareTo(new ReadOnlySpan<byte>(_lastKey.Start, _lastLength)) <= 0)
        {
            return false;
        }

        _parts.Arena.EnsureAvailable(TreeParts.MaxPagesPerChange);
        fixed (byte* bytes = key)
        {
            TreeEntry entry = default;
            entry.Key = bytes;
            entry.Length = key.Length;
            (entry.Version, entry.Location, entry.Expires) = value;
            Append(level: 0, ref entry, left: 0);
        }

        key.CopyTo(new Span<byte>(_lastKey.Start, IndexLimits.MaxKeyBytes));
        _lastLength = key.Length;
        Count++;
        return true;
    }

    /// <summary>Makes what was added the index's unpublished state.</summary>
    internal void Complete()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        _writer.Adopt(Root, Count);
        End();
    }

    /// <summary>Without <see cref="Complete"/> what was added is given up.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            _writer.FreeOwn(Root);
            End();
        }
    }

    private uint Root => _height == 0 ? 0 : _open[_height - 1];

    private void End()
    {
        _ended = true;
        _lastKey.Dispose();
    }

    /// <summary>Puts an entry behind the last one of a level.</summary>
    /// <param name="level">The level.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="left">The child left of all, if the level is new.</param>
    private void Append(int level, ref TreeEntry entry, uint left)
    {
        if (level == _height)
        {
            IndexInvariant.Require(level <= IndexLimits.MaxDepth, "a tree is not that deep");
            _open[level] = NewPage(level, left, ref entry, 1);
            _height++;
            return;
        }

        Page page = _parts.Arena[_open[level]];
        int record = Slot.RecordBytes(entry.Length - page.PrefixLength, entry.Expires != 0);
        bool hasPrefix = PageSearch.CompareWithPrefix(page, entry.Key, entry.Length) == 0;
        if (hasPrefix
            && PageEntries.HasRoom(page, record)
            && page.UsedBytes + Page.EntryBytes(page.Level) + record <= FillBytes)
        {
            PageLayout.Append(_parts, page, ref entry);
        }
        else if ((hasPrefix && page.HeapLive + record == 0) || !TryLayOut(page, ref entry))
        {
            OpenNext(level, ref entry);
        }
    }

    /// <summary>
    /// Another prefix, or another split between arrays and records, may make room.
    /// </summary>
    private bool TryLayOut(Page page, ref TreeEntry entry)
    {
        EntryScratch scratch = _parts.Scratch;
        scratch.Clear();
        scratch.AddFrom(_parts.Arena, page, 0, page.Count);
        scratch.Add(entry);
        int prefix = PageLayout.PrefixFor(scratch.Entries, scratch.Count);
        if (PageLayout.BytesFor(scratch.Entries, scratch.Count, page.Level, prefix) > FillBytes)
        {
            return false;
        }

        PageLayout.Fill(
            _parts, page, page.Level, scratch.Entries, scratch.Count, page.FirstChild);
        return true;
    }

    /// <summary>Begins the next page of a level and tells the level above.</summary>
    private void OpenNext(int level, ref TreeEntry entry)
    {
        uint full = _open[level];
        TreeEntry separator = default;
        separator.Key = entry.Key;
        if (level == 0)
        {
            separator.Length = 1 + new ReadOnlySpan<byte>(entry.Key, entry.Length)
                .CommonPrefixLength(new ReadOnlySpan<byte>(_lastKey.Start, _lastLength));
            separator.Child = NewPage(level, 0, ref entry, 1);
        }
        else
        {
            separator.Length = entry.Length;
            separator.Child = NewPage(level, entry.Child, ref entry, 0);
        }

        _open[level] = separator.Child;
        Append(level + 1, ref separator, full);
    }

    private uint NewPage(int level, uint firstChild, ref TreeEntry entry, int count)
    {
        uint id = _parts.NewPage();
        fixed (TreeEntry* entries = &entry)
        {
            PageLayout.Fill(_parts, _parts.Arena[id], (byte)level, entries, count, firstChild);
        }

        return id;
    }
}
