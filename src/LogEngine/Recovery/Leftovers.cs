using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Files outside the live set: those that are the engine's own, of this store, and hold nothing; and
/// those that are somebody else's and are left alone.
/// </summary>
internal sealed record Leftovers(IReadOnlyList<string> Own, IReadOnlyList<string> Foreign)
{
    internal static Leftovers Of(IFileSystem files, Chain chain, LiveSet live, Guid storeId)
    {
        List<string> own = [];
        List<string> foreign = [];
        ulong headId = chain.Head?.Header.SegmentId ?? 0;
        IEnumerable<SurveyedFile> outside = chain.Outside;
        if (chain.Head is { } head && !live.HeadKept)
        {
            outside = outside.Append(head.File);
        }

        foreach (SurveyedFile file in outside)
        {
            if (IsOwn(files, file, headId, storeId))
            {
                own.Add(file.Path);
            }
            else
            {
                foreign.Add(Path.GetFileName(file.Path));
            }
        }

        return new Leftovers(own, foreign);
    }

    /// <summary>
    /// Removes what is outside the chain, for the space; false if there was nothing. Not a skipped
    /// head: until the next segment is durable it is what names its predecessor's end.
    /// </summary>
    internal static bool TryRemove(IFileSystem files, Chain chain, Guid storeId)
    {
        bool removed = false;
        foreach (SurveyedFile file in chain.Outside)
        {
            if (IsOwn(files, file, chain.Head?.Header.SegmentId ?? 0, storeId))
            {
                removed |= files.Unlink(file.Path);
            }
        }

        return removed;
    }

    private static bool IsOwn(IFileSystem files, SurveyedFile file, ulong headId, Guid storeId)
    {
        if (file.Header is { } header)
        {
            return header.StoreId == storeId && header.SegmentId <= headId;
        }

        if (file.SpareOf is { } store)
        {
            return store == storeId;
        }

        // No valid header: a rotation that was torn, empty, or all zero.
        Attestation ignored = default;
        return file.InClear == storeId
            || OutsideEvidence.IsAllZero(files, file)
            || OutsideEvidence.TryFind(files, file, headId, ref ignored);
    }
}
