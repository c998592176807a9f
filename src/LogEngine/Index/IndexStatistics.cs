namespace LogEngine.Index;

/// <summary>Figures of an index, each right at some moment of the call.</summary>
internal readonly record struct IndexStatistics
{
    /// <summary>Of the published state.</summary>
    internal long Count { get; init; }

    /// <summary>Of the published state.</summary>
    internal long Generation { get; init; }

    /// <summary>Address space taken from the system.</summary>
    internal long ReservedBytes { get; init; }

    /// <summary>Pages that hold something, retired ones included.</summary>
    internal long UsedPages { get; init; }

    internal long FreePages { get; init; }

    /// <summary>Pages that the newest state does not need but a reader, or a pin, may.</summary>
    internal long RetiredPages { get; init; }

    /// <summary>Those of the retired pages that are known to wait for a pin.</summary>
    internal long PinnedPages { get; init; }

    internal int Pins { get; init; }

    /// <summary>
    /// How many publications ago the oldest pin was taken; 0 = none is held, as of the last
    /// <see cref="OrderedIndex.Reclaim"/>. A forgotten pin shows as an age that only grows.
    /// </summary>
    internal long OldestPinAge { get; init; }

    /// <summary>Bytes of the pages that hold something.</summary>
    internal long UsedBytes => UsedPages * Page.Size;

    /// <summary>Of these, the bytes of retired pages.</summary>
    internal long RetiredBytes => RetiredPages * Page.Size;
}
