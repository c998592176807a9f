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
    /// <summary>Reads every block of a file; false for no valid group above that id.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool TryFind(
        IFileSystem files, SurveyedFile outside, ulong headId, ref Attestation attested)
    {
        IStorageFile file = files.Open(outside.Path, OpenFlags.Read);
        using FileWindow window = new(file, FormatLimits.MinAlignment, outside.Length);
        bool found = false;
        for (long at = 0; at < outside.Length; at += FormatLimits.MinAlignment)
        {
            ReadOnlySpan<byte> head = window.Read(at, GroupHeader.Size, outside.Length);
            if (GroupHeader.TryRead(head, at, out GroupHeader group) && group.SegmentId > headId)
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
}
