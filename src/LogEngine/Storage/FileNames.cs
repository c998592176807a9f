using System.Globalization;

namespace LogEngine.Storage;

/// <summary>Names of the engine's files. What none of these accepts is foreign.</summary>
internal static class FileNames
{
    internal const string Lock = "LOCK";
    internal const string Readers = "READERS";
    internal const string ManifestA = "manifest-a";
    internal const string ManifestB = "manifest-b";

    private const string SegmentSuffix = ".seg";
    private const string IndexSnapshotSuffix = ".snap";
    private const string TempSuffix = ".tmp";
    private const string ProbePrefix = "probe-";
    private const int HexDigits = 16;

    /// <summary>The file of a number: sixteen lower-case hexadecimal digits and ".seg".</summary>
    internal static string Segment(ulong fileNumber) => Hex(fileNumber) + SegmentSuffix;

    /// <summary>
    /// Accepts exactly what <see cref="Segment"/> makes; number 0 is no file's.
    /// </summary>
    internal static bool TryParseSegment(ReadOnlySpan<char> name, out ulong fileNumber)
    {
        fileNumber = 0;
        return name.EndsWith(SegmentSuffix, StringComparison.Ordinal)
            && TryParseHex(name[..^SegmentSuffix.Length], out fileNumber)
            && fileNumber != 0;
    }

    /// <summary>The index snapshot of a file number, which it shares with no segment.</summary>
    internal static string IndexSnapshot(ulong fileNumber) =>
        Hex(fileNumber) + IndexSnapshotSuffix;

    /// <summary>Accepts exactly what <see cref="IndexSnapshot"/> makes.</summary>
    internal static bool TryParseIndexSnapshot(ReadOnlySpan<char> name, out ulong fileNumber)
    {
        fileNumber = 0;
        return name.EndsWith(IndexSnapshotSuffix, StringComparison.Ordinal)
            && TryParseHex(name[..^IndexSnapshotSuffix.Length], out fileNumber)
            && fileNumber != 0;
    }

    /// <summary>
    /// The copy of a segment in a backup: its id, its salt and its length, so that a copy of more of
    /// it, or of another life of its file, has another name.
    /// </summary>
    internal static string BackupSegment(ulong segmentId, ulong salt, long length) =>
        $"{Hex(segmentId)}-{Hex(salt)}-{Hex((ulong)length)}{SegmentSuffix}";

    /// <summary>Whether a name is one of <see cref="BackupSegment"/>.</summary>
    internal static bool IsBackupSegment(ReadOnlySpan<char> name) =>
        name.Length == (3 * HexDigits) + 2 + SegmentSuffix.Length
        && name.EndsWith(SegmentSuffix, StringComparison.Ordinal)
        && name[HexDigits] == '-'
        && name[(2 * HexDigits) + 1] == '-'
        && TryParseHex(name[..HexDigits], out _)
        && TryParseHex(name.Slice(HexDigits + 1, HexDigits), out _)
        && TryParseHex(name.Slice((2 * HexDigits) + 2, HexDigits), out _);

    /// <summary>A new path for a file that will replace <paramref name="target"/>.</summary>
    internal static string NewTemp(string target) => $"{target}.{Hex(Chance.Word())}{TempSuffix}";

    /// <summary>Whether a name is one of <see cref="NewTemp"/>; both without path.</summary>
    internal static bool IsTempOf(ReadOnlySpan<char> name, ReadOnlySpan<char> target) =>
        name.Length == target.Length + 1 + HexDigits + TempSuffix.Length
        && name.StartsWith(target, StringComparison.Ordinal)
        && name[target.Length] == '.'
        && name.EndsWith(TempSuffix, StringComparison.Ordinal)
        && TryParseHex(name.Slice(target.Length + 1, HexDigits), out _);

    /// <summary>A new name for a probe file; the process id is for whoever finds it.</summary>
    internal static string NewProbe() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{ProbePrefix}{Environment.ProcessId}-{Hex(Chance.Word())}{TempSuffix}");

    /// <summary>Whether a name was made by <see cref="NewProbe"/>.</summary>
    internal static bool IsProbe(ReadOnlySpan<char> name)
    {
        if (!name.StartsWith(ProbePrefix, StringComparison.Ordinal)
            || !name.EndsWith(TempSuffix, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> middle = name[ProbePrefix.Length..^TempSuffix.Length];
        int dash = middle.IndexOf('-');
        return dash > 0
            && !middle[..dash].ContainsAnyExceptInRange('0', '9')
            && TryParseHex(middle[(dash + 1)..], out _);
    }

    /// <summary>
    /// Whether a name is a temporary file of a log directory: of a manifest, of an index snapshot or
    /// of a probe. Nobody but the holder of the directory's lock uses one, so what it finds at its start is stale.
    /// </summary>
    internal static bool IsTemp(ReadOnlySpan<char> name) =>
        IsTempOf(name, ManifestA)
        || IsTempOf(name, ManifestB)
        || IsTempOfIndexSnapshot(name)
        || IsProbe(name);

    private static bool IsTempOfIndexSnapshot(ReadOnlySpan<char> name)
    {
        int length = HexDigits + IndexSnapshotSuffix.Length;
        return name.Length > length
            && TryParseIndexSnapshot(name[..length], out _)
            && IsTempOf(name, name[..length]);
    }

    private static string Hex(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Only what <see cref="Hex"/> makes: the framework takes upper case too.</summary>
    private static bool TryParseHex(ReadOnlySpan<char> digits, out ulong value)
    {
        value = 0;
        return digits.Length == HexDigits
            && !digits.ContainsAnyInRange('A', 'F')
            && ulong.TryParse(
                digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
