namespace LogEngine.Index;

/// <summary>Joins pages that have become too empty with their neighbours.</summary>
internal sealed unsafe class TreeMerger(TreeParts parts, TreePath path)
{
    /// <summary>Below it a page looks for a neighbour to go into.</summary>
    private const int MinUsedBytes = Page.Size * 2 / 5;

    /// <summary>A joined page must have room left, or the next insertion splits it again.</summary>
    private const int MaxJoinedBytes = Page.Size * 7 / 8;

    /// <summary>Mends the path's pages from the leaf upwards.</summary>
    /// <returns>The root; 0 = the tree is empty.</returns>
    internal uint Mend()
    {
        for (int depth = path.Leaf; depth > 0; depth--)
        {
            uint id = path.PageAt(depth);
            Page page = parts.Arena[id];
            Page parent = parts.Arena[path.PageAt(depth - 1)];
            int child = path.ChildAt(depth);
            if (IsEmpty(page))
            {
                parts.Release(id);
                RemoveChild(parent, child);
            }
            else if (page.UsedBytes < MinUsedBytes)
            {
                TryJoin(parent, child);
            }
        }

        return Lower(path.PageAt(0));
    }

    /// <summary>The root, without branches that have one child only.</summary>
    internal uint Lower(uint root)
    {
        while (root != 0)
        {
            Page page = parts.Arena[root];
            if (page.Count > 0)
            {
                break;
            }

            uint below = page.IsLeaf ? 0 : page.FirstChild;
            parts.Release(root);
            root = below;
        }

        return root;
    }

    /// <summary>A branch without entries still has a child, unless that has gone too.</summary>
    private static bool IsEmpty(Page page) =>
        page.Count == 0 && (page.IsLeaf || page.FirstChild == 0);

    private void RemoveChild(Page branch, int child)
    {
        if (child > 0)
        {
            RemoveSeparator(branch, child - 1);
        }
        else if (branch.Count == 0)
        {
            branch.FirstChild = 0;
        }
        else
        {
            branch.FirstChild = branch.Children[0];
            RemoveSeparator(branch, 0);
        }
    }

    private void RemoveSeparator(Page branch, int at)
    {
        PageEntries.ReleaseOverflow(parts, branch, at, at + 1);
        PageEntries.Remove(branch, at, at + 1);
    }

    private void TryJoin(Page parent, int child)
    {
        if (child == parent.Count || !TryJoinRight(parent, child))
        {
            _ = child > 0 && TryJoinRight(parent, child - 1);
        }
    }

    /// <summary>Joins a child with the one right of it.</summary>
    private bool TryJoinRight(Page parent, int child)
    {
        uint leftId = parent.Child(child);
        uint rightId = parent.Child(child + 1);
        Page left = parts.Arena[leftId];
        Page right = parts.Arena[rightId];
        if (left.UsedBytes + right.UsedBytes > MaxJoinedBytes + Page.HeaderSize + Page.MaxPrefix)
        {
            return false;
        }

        byte level = left.Level;
        EntryScratch scratch = parts.Scratch;
        scratch.Clear();
        scratch.AddFrom(parts.Arena, left, 0, left.Count);
        if (level > 0)
        {
            // The separator comes down between them, with its overflow page.
            scratch.AddFrom(parts.Arena, parent, child, child + 1);
            scratch.Entries[scratch.Count - 1].Child = right.FirstChild;
        }

        scratch.AddFrom(parts.Arena, right, 0, right.Count);
        int prefix = PageLayout.PrefixFor(scratch.Entries, scratch.Count);
        if (PageLayout.BytesFor(scratch.Entries, scratch.Count, level, prefix) > MaxJoinedBytes)
        {
            return false;
        }

        uint firstChild = left.FirstChild;
        uint joined = parts.NewPage();
        PageLayout.Fill(
            parts, parts.Arena[joined], level, scratch.Entries, scratch.Count, firstChild);
        parts.Release(leftId);
        parts.Release(rightId);
        parent.SetChild(child, joined);
        if (level == 0)
        {
            PageEntries.ReleaseOverflow(parts, parent, child, child + 1);
        }

        PageEntries.Remove(parent, child, child + 1);
        return true;
    }
}
