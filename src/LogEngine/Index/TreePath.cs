using System.Runtime.CompilerServices;

namespace LogEngine.Index;

/// <summary>The pages from the root to a leaf, and which child each step took.</summary>
internal sealed class TreePath
{
    /// <summary>Which levels are not in the processor's caches anyway.</summary>
    private const int PrefetchLevels = 2;

    private readonly uint[] _pages = new uint[IndexLimits.MaxDepth + 1];
    private readonly int[] _children = new int[IndexLimits.MaxDepth + 1];

    /// <summary>Depth of the leaf; the root's is 0.</summary>
    internal int Leaf { get; private set; }

    /// <summary>
    /// The last two keys belonged to one leaf, and nothing but values has changed since: the next one
    /// may belong there too. Whoever changes pages sets it to false.
    /// </summary>
    internal bool IsNear { get; set; }

    internal uint PageAt(int depth) => _pages[depth];

    /// <summary>Which child of the page above the one at this depth is.</summary>
    internal int ChildAt(int depth) => _children[depth];

    internal void Replace(int depth, uint page) => _pages[depth] = page;

    /// <summary>
    /// Goes down to the leaf that a key belongs to, making every page on the way one that may be
    /// changed.
    /// </summary>
    /// <returns>The root, which may be a new page.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal unsafe uint Own(TreeParts parts, uint root, byte* key, int length)
    {
        PageArena arena = parts.Arena;
        uint last = _pages[Leaf];
        uint id = parts.OwnPage(root);
        _pages[0] = id;
        _children[0] = 0;
        int depth = 0;
        Page page = arena[id];
        while (!page.IsLeaf)
        {
            IndexInvariant.Require(depth < IndexLimits.MaxDepth, "a tree is not that deep");
            int at = PageSearch.FindChild(arena, page, key, length);
            uint child = page.Child(at);
            if (page.Level <= PrefetchLevels && child != _pages[depth + 1])
            {
                arena[child].Prefetch(Page.Size / 64);
            }

            uint own = parts.OwnPage(child);
            if (own != child)
            {
                page.SetChild(at, own);
            }

            depth++;
            _pages[depth] = own;
            _children[depth] = at;
            page = arena[own];
        }

        IsNear = depth == Leaf && _pages[depth] == last;
        Leaf = depth;
        return _pages[0];
    }
}
