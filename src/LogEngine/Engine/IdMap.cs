using System.Runtime.CompilerServices;

namespace LogEngine.Engine;

/// <summary>
/// Values by dense ids, of which many versions are kept cheaply: a tree of small arrays that a version
/// shares with the one before, except for the paths to what has changed since.
/// </summary>
/// <remarks>
/// A lookup, a change and a version cost a few steps, however many ids there are. The default of
/// <typeparamref name="T"/> stands for 'none'. Changes belong to one thread at a time; versions are
/// immutable and anybody's.
/// </remarks>
/// <typeparam name="T">The values.</typeparam>
internal sealed class IdMap<T>
{
    private const int Bits = 4;
    private const int Width = 1 << Bits;

    private Node? _root;

    /// <summary>Digits of an id in the present tree.</summary>
    private int _levels = 1;

    /// <summary>Nodes of an earlier edit belong to a version too: they are copied, not changed.</summary>
    private long _edit = 1;

    /// <summary>The value of an id, as it is now.</summary>
    internal T? this[uint id] => Find(_root, _levels, id);

    /// <summary>Gives an id a value; the default removes it.</summary>
    internal void Set(uint id, T? value)
    {
        while (!Holds(_levels, id))
        {
            if (_root is not null)
            {
                Branch above = new(_edit, used: 1, default);
                above.Children[0] = _root;
                _root = above;
            }

            _levels++;
        }

        _root = Set(_root, _levels - 1, id, value);
    }

    /// <summary>The map as it is now, for good.</summary>
    internal Version Freeze()
    {
        _edit++;
        return new Version(_root, _levels);
    }

    private static bool Holds(int levels, uint id) => (ulong)id >> (levels * Bits) == 0;

    private static int Digit(uint id, int level) => (int)(id >> (level * Bits)) & (Width - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T? Find(Node? node, int levels, uint id)
    {
        if (!Holds(levels, id))
        {
            return default;
        }

        for (int level = levels - 1; level > 0 && node is not null; level--)
        {
            node = Unsafe.As<Branch>(node).Children[Digit(id, level)];
        }

        return node is null ? default : Unsafe.As<Leaf>(node).Values[Digit(id, 0)];
    }

    /// <summary>Changes a subtree; gives what stands in its place, null where nothing is left.</summary>
    private Node? Set(Node? node, int level, uint id, T? value)
    {
        int digit = Digit(id, level);
        if (level > 0)
        {
            Branch? branch = (Branch?)node;
            Node? old = branch?.Children[digit];
            Node? changed = Set(old, level - 1, id, value);
            if (ReferenceEquals(old, changed))
            {
                return node;
            }

            branch = branch is null ? new Branch(_edit, 0, default)
                : branch.Edit == _edit ? branch
                : new Branch(_edit, branch.Used, in branch.Children);
            branch.Children[digit] = changed;
            branch.Used += (changed is null ? 0 : 1) - (old is null ? 0 : 1);
            node = branch;
        }
        else
        {
            Leaf? leaf = (Leaf?)node;
            bool had = leaf is not null && !IsNone(leaf.Values[digit]);
            if (!had && IsNone(value))
            {
                return node;
            }

            leaf = leaf is null ? new Leaf(_edit, 0, default)
                : leaf.Edit == _edit ? leaf
                : new Leaf(_edit, leaf.Used, in leaf.Values);
            leaf.Values[digit] = value;
            leaf.Used += (IsNone(value) ? 0 : 1) - (had ? 1 : 0);
            node = leaf;
        }

        return node.Used == 0 ? null : node;
    }

    private static bool IsNone(T? value) => EqualityComparer<T>.Default.Equals(value, default);

    /// <summary>A map as it was at one moment. Immutable.</summary>
    internal readonly struct Version
    {
        private readonly object? _root;
        private readonly int _levels;

        internal Version(object? root, int levels)
        {
            _root = root;
            _levels = levels;
        }

        /// <summary>The value of an id.</summary>
        internal T? this[uint id] => Find(Unsafe.As<Node?>(_root), _levels, id);

        /// <summary>Everything in it, by rising id.</summary>
        internal IEnumerable<(uint Id, T Value)> All => Walk((Node?)_root, _levels - 1, 0);

        private static IEnumerable<(uint Id, T Value)> Walk(Node? root, int level, uint prefix)
        {
            if (root is null)
            {
                yield break;
            }

            for (uint digit = 0; digit < Width; digit++)
            {
                uint id = (prefix << Bits) | digit;
                if (level == 0)
                {
                    if (!IsNone(Unsafe.As<Leaf>(root).Values[(int)digit]))
                    {
                        yield return (id, Unsafe.As<Leaf>(root).Values[(int)digit]!);
                    }

                    continue;
                }

                if (Unsafe.As<Branch>(root).Children[(int)digit] is not { } child)
                {
                    continue;
                }

                foreach ((uint, T) one in Walk(child, level - 1, id))
                {
                    yield return one;
                }
            }
        }
    }

    private abstract class Node(long edit, int used)
    {
        /// <summary>The edit that made it, and may change it.</summary>
        internal long Edit { get; } = edit;

        /// <summary>Places that hold something.</summary>
        internal int Used { get; set; } = used;
    }

    private sealed class Leaf(long edit, int used, in Places<T> values) : Node(edit, used)
    {
        private Places<T> _values = values;

        internal ref Places<T> Values => ref _values;
    }

    private sealed class Branch(long edit, int used, in Places<Node> children) : Node(edit, used)
    {
        private Places<Node> _children = children;

        internal ref Places<Node> Children => ref _children;
    }

    /// <summary>What a node holds, in the node itself: a change of a frozen one is one copy.</summary>
    [InlineArray(Width)]
    private struct Places<TPlace>
    {
        private TPlace? _first;
    }
}
