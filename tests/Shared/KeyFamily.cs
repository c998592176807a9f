namespace LogEngine.Tests;

/// <summary>Kinds of keys, most of them as users have them; each is hard on another part.</summary>
public enum KeyFamily
{
    /// <summary>Eight scattered bytes behind four that are the same for many.</summary>
    Scattered,

    /// <summary>Big-endian numbers, counting up, in a few groups.</summary>
    Numbers,

    /// <summary>32 random hex digits, a counter, and one of two suffixes, in runs.</summary>
    HexCounter,

    /// <summary>Random UUIDs as text.</summary>
    Uuid,

    /// <summary>Random UUIDs as sixteen bytes.</summary>
    UuidBytes,

    /// <summary>ULIDs: a time that counts up, and chance.</summary>
    Ulid,

    /// <summary>A sensor's name and a date, or the other way round.</summary>
    Dates,

    /// <summary>Paths of files, some deep.</summary>
    Paths,

    /// <summary>URLs: host, number, UUID, name of a file.</summary>
    Urls,

    /// <summary>A tenant, a kind and a counter.</summary>
    TenantCounter,

    /// <summary>All begin with more bytes than a page keeps as its prefix.</summary>
    LongPrefix,

    /// <summary>Nothing but zero bytes, of many lengths.</summary>
    Zeros,

    /// <summary>Nothing but bytes of 255, of many lengths.</summary>
    Ones,

    /// <summary>Short strings of 0, 1 and 255: many are beginnings of others.</summary>
    FewBytes,

    /// <summary>Each key is the beginning of the next, up to the longest.</summary>
    Beginnings,

    /// <summary>The same eight bytes, told apart behind them, with zeros among them.</summary>
    EqualHeads,

    /// <summary>Lengths next to every bound of a page, told apart in the middle.</summary>
    LongKeys,

    /// <summary>2,048 bytes, told apart by two of them, anywhere.</summary>
    Longest,

    /// <summary>Words of one to forty letters.</summary>
    Words,

    /// <summary>All of the above in one.</summary>
    Mixed,
}
