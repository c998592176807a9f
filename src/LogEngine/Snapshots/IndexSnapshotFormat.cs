namespace LogEngine.Snapshots;

/// <summary>
/// An index snapshot is the payload of a snapshot file: what it stands for, the segments that it
/// points into, the keyspaces, then every key in order. See docs/format.md, 'Index snapshot'.
/// </summary>
/// <remarks>
/// Keys and not pages: the file does not depend on how the index lies in memory, it is smaller, and
/// loading it in order fills pages to the brim.
/// </remarks>
internal static class IndexSnapshotFormat
{
    /// <summary>
    /// Content version of the snapshot file that is written. Version 1, which is read for ever, names
    /// segments without their salts.
    /// </summary>
    internal const uint Version = 2;

    /// <summary>Store id, entries, segments, keyspaces, next keyspace id.</summary>
    internal const int HeaderSize = 16 + 8 + 4 + 4 + 4 + 4;

    /// <summary>Segment id, salt, slot, zero.</summary>
    internal const int SegmentSize = 24;

    /// <summary>In version 1: segment id, slot, zero.</summary>
    internal const int FirstSegmentSize = 16;

    /// <summary>Id, length of the name, count; then the name.</summary>
    internal const int KeyspaceSize = 4 + 4 + 8;

    /// <summary>Bytes shared with the key before, flags, length of the rest.</summary>
    internal const int EntryHeadSize = 4;

    /// <summary>Version and location.</summary>
    internal const int EntryTailSize = 16;

    internal const int ExpirySize = 8;

    internal static bool IsKnown(uint version) => version is 1 or Version;

    /// <summary>The entry ends with an expiry.</summary>
    internal const byte HasExpiry = 1;

    /// <summary>Most bytes that a key may share with the one before.</summary>
    internal const int MaxShared = byte.MaxValue;
}
