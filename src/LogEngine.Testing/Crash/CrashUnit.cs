using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Crash;

/// <summary>What kind of change a unit is.</summary>
internal enum CrashUnitKind
{
    /// <summary>Bytes of one sector or page.</summary>
    Data,

    /// <summary>A length.</summary>
    Size,

    /// <summary>A directory entry.</summary>
    Name,
}

/// <summary>
/// The smallest change that a power loss keeps or drops on its own: a sector of a write, a length,
/// a
/// directory entry.
/// </summary>
internal sealed record CrashUnit(CrashUnitKind Kind, long Order, ulong Inode)
{
    /// <summary>Of a data or size unit.</summary>
    internal DataChange? Data { get; init; }

    /// <summary>Of a data unit that is a whole page: its number in the file; else -1.</summary>
    internal long PageIndex { get; init; } = -1;

    /// <summary>Its bytes; null for zeros.</summary>
    internal SimPage? Page { get; init; }

    /// <summary>Of a name unit: the directory's path.</summary>
    internal string? Directory { get; init; }

    internal DirectoryChange? Name { get; init; }
}
