namespace LogEngine.Index;

/// <summary>What everything that changes pages works on. The writer's.</summary>
internal sealed class TreeParts(PageArena arena, RetiredPages retired) : IDisposable
{
    /// <summary>
    /// Most pages that one change may take: a split of each level into several, and overflow pages
    /// for every key of a page whose prefix gets shorter.
    /// </summary>
    internal const int MaxPagesPerChange = 1024;

    internal PageArena Arena => arena;

    internal RetiredPages Retired => retired;

    /// <summary>Generation of the state that is being made.</summary>
    internal long Generation { get; set; }

    /// <summary>
    /// The entries of the page that is being laid out; nothing in it outlives that.
    /// </summary>
    internal EntryScratch Scratch { get; } = new(arena.Poisons);

    /// <summary>A page of the state that is being made; all else in it is undefined.</summary>
    internal uint NewPage()
    {
        uint id = arena.Allocate();
        Page page = arena[id];
        page.Birth = Generation;
        return id;
    }

    internal void Release(uint id) => retired.Release(id, Generation);

    /// <summary>A page that may be changed in place: itself, or a copy that replaces it.</summary>
    internal unsafe uint OwnPage(uint id)
    {
        Page page = arena[id];
        if (page.Birth == Generation)
        {
            return id;
        }

        uint copy = arena.Allocate();
        Page own = arena[copy];
        new ReadOnlySpan<byte>(page.Start, Page.Size).CopyTo(new Span<byte>(own.Start, Page.Size));
        own.Birth = Generation;
        retired.Release(id, Generation);
        return copy;
    }

    /// <inheritdoc/>
    public void Dispose() => Scratch.Dispose();
}
