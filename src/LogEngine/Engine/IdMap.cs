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
                Node above = new(_edit, isLeaf: false) { Used = 1 };
                above.Children![0] = _root;
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
            node = node.Children![Digit(id, level)];
        }

        return node is null ? default : node.Values![Digit(id, 0)];
    }

    /// <summary>Changes a subtree; gives what stands in its place, null where nothing is left.</summary>
    private Node? Set(Node? node, int level, uint id, T? value)
    {
        int digit = Digit(id, level);
        if (level > 0)
        {
            Node? old = node?.Children![digit];
            Node? changed = Set(old, level - 1, id, value);
            if (ReferenceEquals(old, changed))
            {
                return node;
            }

            node = Own(node, isLeaf: false);
            node.Children![digit] = changed;
            node.Used += (changed is null ? 0 : 1) - (old is null ? 0 : 1);
        }
        else
        {
            bool had = node is not null && !IsNone(node.Values![digit]);
            if (!had && IsNone(value))
            {
                return node;
            }

            node = Own(node, isLeaf: true);
            node.Values![digit] = value;
            node.Used += (IsNone(value) ? 0 : 1) - (had ? 1 : 0);
        }

        return node.Used == 0 ? null : node;
    }

    private Node Own(Node? node, bool isLeaf) => node is null
        ? new Node(_edit, isLeaf)
        : node.Edit == _edit ? node : node.Copy(_edit);

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
                    if (!IsNone(root.Values![digit]))
                    {
                        yield return (id, root.Values[digit]!);
                    }

                    continue;
                }

                if (root.Children![digit] is not { } child)
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

    private sealed class Node
    {
        internal Node(long edit, bool isLeaf)
        {
            Edit = edit;
            Values = isLeaf ? new T?[Width] : null;
            Children = isLeaf ? null : new Node?[Width];
        }

        private Node(long edit, Node of)
        {
            Edit = edit;
            Used = of.Used;
            Values = (T?[]?)of.Values?.Clone();
            Children = (Node?[]?)of.Children?.Clone();
        }

        /// <summary>The edit that made it, and may change it.</summary>
        internal long Edit { get; }

        /// <summary>Places that hold something.</summary>
        internal int Used { get; set; }

        internal T?[]? Values { get; }

        internal Node?[]? Children { get; }

        internal Node Copy(long edit) => new(edit, this);
    }
}
