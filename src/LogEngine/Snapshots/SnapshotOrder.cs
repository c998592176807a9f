namespace LogEngine.Snapshots;

/// <summary>Whether a snapshot's keys are in order, and what was made of them if not.</summary>
/// <remarks>
/// An index that had lost keys wrote them out of order, and a key that was put again twice. Its
/// snapshots are whole and cannot be built from as they are.
/// </remarks>
internal sealed class SnapshotOrder
{
    /// <summary>Keys are sorted, and of two entries of one key the newer one stays.</summary>
    internal bool Mends { get; init; }

    /// <summary>A key was not above the one before it.</summary>
    internal bool IsBroken { get; set; }

    /// <summary>Keys that were not above the ones before them, where they are mended.</summary>
    internal long Misplaced { get; set; }

    /// <summary>Entries that gave way to a newer one of the same key.</summary>
    internal long Doubled { get; set; }

    public override string ToString() =>
        $"{Misplaced} keys were out of order and {Doubled} there twice: sorted, and the newer "
        + "version kept";
}
