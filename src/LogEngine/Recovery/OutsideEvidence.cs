using System.Runtime.CompilerServices;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// What the files outside the live set attest. Whatever their header says, a valid group attests by
/// its mark exactly if its own segment id is above the head's: then it was written after the head,
/// and its segment's header was lost or damaged.
/// </summary>
internal static class OutsideEvidence
{
    /// <summary>
    /// Every valid group header in any block of a file, of whatever segment: what is left of one whose
    /// own header is lost.
    /// </summary>
    internal static IEnumerable<GroupHeader> Groups(IFileSystem files, SurveyedFile outside)
    {
        IStorageFile file = files.Open(outside.Path, OpenFlags.Read);
        using FileWindow window = new(file, FormatLimits.MinAlignment, outside.Length);
        long at = 0;
        while (TryFindNext(window, ref at, outside.Length, out GroupHeader group))
        {
            yield return group;
            at += FormatLimits.MinAlignment;
        }
    }

    /// <summary>Reads every block of a file; false for no valid group above that id.</summary>
    internal static bool TryFind(
        IFileSystem files, SurveyedFile outside, ulong headId, ref Attestation attested)
    {
        bool found = false;
        foreach (GroupHeader group in Groups(files, outside))
        {
            if (group.SegmentId > headId)
            {
                attested = attested.With(group.Mark);
                found = true;
            }
        }

        return found;
    }

    /// <summary>Whether all of a file is zero.</summary>
    internal static bool IsAllZero(IFileSystem files, SurveyedFile outside)
    {
        IStorageFile file = files.Open(outside.Path, OpenFlags.Read);
        using FileWindow window = new(file, FormatLimits.MinAlignment, outside.Length);
        for (long at = 0; at < outside.Length;)
        {
            ReadOnlySpan<byte> bytes = window.Read(at, 1, outside.Length);
            if (bytes.IsEmpty || bytes.ContainsAnyExcept((byte)0))
            {
                return bytes.IsEmpty;
            }

            at += bytes.Length;
        }

        return true;
    }

    /// <summary>The next valid group header at or behind an offset; false for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryFindNext(
        FileWindow window, ref long at, long length, out GroupHeader group)
    {
        for (; at < length; at += FormatLimits.MinAlignment)
        {
            ReadOnlySpan<byte> head = window.Read(at, GroupHeader.Size, length);
            if (GroupHeader.TryRead(head, at, out group))
            {
                return true;
            }
        }

        group = default;
        return false;
    }
}
