namespace LogEngine.Format;

/// <summary>
/// Which life of which segment: the id that was drawn for it, and its random salt. Ids alone do not
/// tell two copies of a store apart that went on separately, and a recycled file keeps bytes of its
/// earlier lives; so whatever names a segment names both, and this is where they are compared.
/// </summary>
/// <param name="SegmentId">Drawn when the header was written.</param>
/// <param name="Salt">Random; under every checksum of the segment.</param>
internal readonly record struct SegmentIdentity(ulong SegmentId, ulong Salt)
{
    /// <summary>What the checksums of its records start from.</summary>
    internal uint SaltState => Crc32C.Append(Crc32C.Start, Salt);

    /// <summary>A valid header of a group of this segment, at that offset; false for anything else.</summary>
    internal bool TryReadGroup(ReadOnlySpan<byte> source, long offset, out GroupHeader group) =>
        GroupHeader.TryRead(source, offset, out group) && group.Identity == this;

    /// <summary>
    /// Whether a group's header that is not valid is a torn one of this segment, and not stale bytes
    /// or zeros: see <see cref="GroupHeader.CarriesIdentity"/>.
    /// </summary>
    internal bool IsInClear(ReadOnlySpan<byte> source) =>
        GroupHeader.CarriesIdentity(source, SegmentId, Salt);

    /// <summary>A valid header of this segment, in its first block; null for anything else.</summary>
    internal SegmentHeader? TryReadHeader(ReadOnlySpan<byte> block, bool forWriting)
    {
        SegmentHeader.Read(block, forWriting, out SegmentHeader? header);
        return header?.Identity == this ? header : null;
    }
}
