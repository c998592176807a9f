using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace LogEngine.Index;

/// <summary>A view of one page; the layout is in docs/btree.md.</summary>
/// <remarks>
/// A page that a published root reaches never changes, except for <see cref="Retired"/> and
/// <see cref="NextRetired"/>, which belong to the writer and which no reader looks at.
/// </remarks>
internal readonly unsafe struct Page(byte* start)
{
    internal const int Size = PageSize.Bytes;
    internal const int HeaderSize = 40;

    /// <summary>Level of a page that holds part of a long key.</summary>
    internal const byte OverflowLevel = 0xF0;

    /// <inheritdoc cref="PageSize.MaxPrefix"/>
    internal const int MaxPrefix = PageSize.MaxPrefix;

    /// <summary>Bytes of a version and a location.</summary>
    internal const int ValueSize = 16;

    internal byte* Start => start;

    /// <summary>0 for a leaf, the height above the leaves for a branch.</summary>
    internal byte Level
    {
        get => start[0];
        set => start[0] = value;
    }

    /// <summary>How many insertions in a row were each right behind the one before.</summary>
    internal byte Run
    {
        get => start[1];
        set => start[1] = value;
    }

    /// <summary>Entries; a branch has one child more.</summary>
    internal int Count
    {
        get => *(ushort*)(start + 2);
        set => *(ushort*)(start + 2) = (ushort)value;
    }

    /// <summary>Entries that the arrays have room for.</summary>
    internal int Capacity
    {
        get => *(ushort*)(start + 4);
        set => *(ushort*)(start + 4) = (ushort)value;
    }

    /// <summary>Bytes that all keys of the page begin with.</summary>
    internal int PrefixLength
    {
        get => *(ushort*)(start + 6);
        set => *(ushort*)(start + 6) = (ushort)value;
    }

    /// <summary>Lowest offset of a record; records grow down from the end.</summary>
    internal int HeapStart
    {
        get => *(ushort*)(start + 8);
        set => *(ushort*)(start + 8) = (ushort)value;
    }

    /// <summary>Bytes of records that entries refer to.</summary>
    internal int HeapLive
    {
        get => *(ushort*)(start + 10);
        set => *(ushort*)(start + 10) = (ushort)value;
    }

    /// <summary>The place behind the last insertion; see <see cref="Run"/>.</summary>
    internal int NextInsert
    {
        get => *(ushort*)(start + 12);
        set => *(ushort*)(start + 12) = (ushort)value;
    }

    /// <summary>Generation of the first root that reaches the page.</summary>
    internal long Birth
    {
        get => *(long*)(start + 16);
        set => *(long*)(start + 16) = value;
    }

    /// <summary>Generation of the first root that does not reach it any more.</summary>
    internal long Retired
    {
        get => *(long*)(start + 24);
        set => *(long*)(start + 24) = value;
    }

    /// <summary>Next in the list of retired pages that it is in; 0 = last.</summary>
    internal uint NextRetired
    {
        get => *(uint*)(start + 32);
        set => *(uint*)(start + 32) = value;
    }

    /// <summary>
    /// A branch's child for keys below its first separator; an overflow page's successor.
    /// </summary>
    internal uint FirstChild
    {
        get => *(uint*)(start + 36);
        set => *(uint*)(start + 36) = value;
    }

    internal byte* Prefix => start + HeaderSize;

    internal bool IsLeaf => Level == 0;

    internal int PayloadSize => IsLeaf ? ValueSize : sizeof(uint);

    internal ulong* Heads => (ulong*)(start + HeadsOffset(PrefixLength));

    /// <summary>Values of a leaf, children of a branch.</summary>
    internal byte* Payloads => (byte*)(Heads + Capacity);

    internal uint* Children => (uint*)(Heads + Capacity);

    internal ushort* Slots => (ushort*)(Payloads + (PayloadSize * Capacity));

    /// <summary>Bytes that would be used if everything were pushed together.</summary>
    internal int UsedBytes =>
        HeadsOffset(PrefixLength) + (Count * EntryBytes(Level)) + HeapLive;

    internal static int HeadsOffset(int prefixLength) =>
        (HeaderSize + prefixLength + 7) & ~7;

    /// <summary>Bytes in the arrays for an entry.</summary>
    internal static int EntryBytes(byte level) =>
        sizeof(ulong) + sizeof(ushort) + (level == 0 ? ValueSize : sizeof(uint));

    internal uint Child(int index) => index == 0 ? FirstChild : Children[index - 1];

    internal void SetChild(int index, uint child)
    {
        if (index == 0)
        {
            FirstChild = child;
        }
        else
        {
            Children[index - 1] = child;
        }
    }

    /// <summary>Starts to load the header and the heads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Prefetch(int lines)
    {
        if (Sse.IsSupported)
        {
            for (int line = 0; line < lines; line++)
            {
                Sse.Prefetch0(start + (line * 64));
            }
        }
    }

    /// <summary>Makes it an empty page of a level; birth is left alone.</summary>
    internal void Clear(byte level, int prefixLength, int capacity)
    {
        Level = level;
        Run = 0;
        Count = 0;
        Capacity = capacity;
        PrefixLength = prefixLength;
        HeapStart = Size;
        HeapLive = 0;
        NextInsert = 0;
        FirstChild = 0;
    }
}
