using System.Globalization;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>Writes down the structure of one segment file, whatever is wrong with it.</summary>
internal sealed class Dumper : IDisposable
{
    private readonly string _path;
    private readonly GroupReader _reader;
    private readonly SegmentHeader? _header;
    private readonly string _headerLine;
    private readonly Queue<string> _lines = new();
    private readonly bool _operations;

    private Dumper(string path, IStorageFile file, bool operations)
    {
        _path = path;
        _operations = operations;
        LenientFile lenient = new(
            file, f => _lines.Enqueue($"damage  @{f.Offset} {f.Reason}"));
        Span<byte> block = stackalloc byte[SegmentHeader.Size];
        int read = lenient.Read(block, 0);
        HeaderVerdict verdict = FileHeader.Read(
            block[..read], forWriting: false, out FileHeader bare);
        if (verdict == HeaderVerdict.Newer)
        {
            lenient.Dispose();
            throw new IncompatibleFormatException(path, bare.DescribeNewer());
        }

        SegmentHeader.Read(block[..read], forWriting: false, out _header);
        _headerLine = _header is { } header
            ? Describe(header)
            : SpareHeader.TryRead(block[..read]) is { } store
                ? $"header  @0 spare, file {bare.FileNumber:x16}, store {store}"
                : "header  @0 damaged or none";
        _reader = new GroupReader(lenient, _header?.Alignment ?? FormatLimits.MinAlignment);
    }

    /// <summary>Opens a segment by the name of its file or by its id.</summary>
    /// <exception cref="StorageNotFoundException">There is no such file.</exception>
    internal static Dumper Open(IFileSystem files, string directory, string segment)
    {
        string path = Path.Combine(directory, NameOf(files, directory, segment));
        try
        {
            return new Dumper(
                path, files.Open(path, OpenFlags.Read), HoldsEngine(files, directory));
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            throw new StorageNotFoundException($"There is no segment file '{path}'.");
        }
    }

    internal IEnumerable<string> Lines()
    {
        yield return $"file    {Path.GetFileName(_path)} {_reader.Length} bytes";
        yield return _headerLine;
        foreach (GroupStep step in _reader.Walk(
            _header?.Identity, _reader.Alignment, _reader.Length, stale: true))
        {
            if (!step.IsGroup)
            {
                yield return Hole(step.Offset, step.End);
                continue;
            }

            Dump(step.Group);
            while (_lines.TryDequeue(out string? line))
            {
                yield return line;
            }
        }
    }

    public void Dispose() => _reader.Dispose();

    /// <summary>
    /// The file's own name, or, for the id that headers carry and `stat` prints, the file whose header
    /// has it. File numbers are not taken: they are other numbers, and hexadecimal.
    /// </summary>
    private static string NameOf(IFileSystem files, string directory, string segment)
    {
        if (FileNames.TryParseSegment(segment, out _) || FileNames.IsBackupSegment(segment))
        {
            return segment;
        }

        if (!ulong.TryParse(
            segment, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id))
        {
            throw new ArgumentException(
                $"'{segment}' is neither the name of a segment file nor a segment's id.",
                nameof(segment));
        }

        string[] found =
        [
            .. files.ListFiles(directory)
                .Where(name => FileNames.TryParseSegment(name, out _)
                    || FileNames.IsBackupSegment(name))
                .Where(name => IdOf(files, Path.Combine(directory, name)) == id)
                .Order(StringComparer.Ordinal),
        ];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new StorageNotFoundException(
                $"No readable header in '{directory}' has segment id {id}; a file can be named."),
            _ => throw new StorageNotFoundException(
                $"Segment id {id} is in several files, one of which is to be named: "
                + string.Join(", ", found)),
        };
    }

    /// <summary>The segment id in a file's header; null where there is none to be read.</summary>
    private static ulong? IdOf(IFileSystem files, string path)
    {
        try
        {
            using LenientFile file = new(files.Open(path, OpenFlags.Read), _ => { });
            Span<byte> block = stackalloc byte[SegmentHeader.Size];
            int read = file.Read(block, 0);
            SegmentHeader.Read(block[..read], forWriting: false, out SegmentHeader? header);
            return header?.SegmentId;
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            return null;
        }
    }

    /// <summary>Whether records are operations, as far as a manifest says so.</summary>
    private static bool HoldsEngine(IFileSystem files, string directory) =>
        new ManifestStore(files, directory).Load(forWriting: false).Newest
            is { Kind: StoreKind.Engine or StoreKind.Backup };

    private void Dump(in GroupHeader group)
    {
        bool stale = IsStale(group);
        _lines.Enqueue(DumpText.Group(group, stale));
        if (stale)
        {
            return;
        }

        long end = _reader.WalkRecords(group, _reader.Length, new DumpText(_lines, _operations));
        if (end < group.Offset + group.Length)
        {
            _lines.Enqueue($"damage  @{end} the group is longer than its records");
        }

        long dirty = _reader.FindDirty(
            group.Offset + group.Length, Math.Min(_reader.NextOffset(group), _reader.Length));
        if (dirty >= 0)
        {
            _lines.Enqueue($"damage  @{dirty} padding is not zero");
        }
    }

    /// <summary>Of an earlier life of the file, where the header says which one it is in.</summary>
    private bool IsStale(in GroupHeader group) =>
        _header is { } header && group.Identity != header.Identity;

    /// <summary>What stands between groups: a footer, zeros, or something else.</summary>
    private string Hole(long from, long to)
    {
        ReadOnlySpan<byte> head = _reader.Read(from, SegmentFooter.HeaderSize, to);
        bool footer = head.Length >= 8
            && BitConverter.ToUInt32(head) == SegmentFooter.Magic;
        if (footer)
        {
            return $"footer  @{from} {BitConverter.ToUInt32(head[4..])} entries";
        }

        bool torn = _header is { } header && header.Identity.IsInClear(head);
        string what = torn ? "a damaged group header" : IsZero(from, to) ? "zeros" : "no group";
        return $"none    @{from} {to - from} bytes: {what}";
    }

    private bool IsZero(long from, long to)
    {
        for (long at = from; at < to; at += FileWindow.DefaultBytes)
        {
            if (_reader.FindDirty(at, Math.Min(to, at + FileWindow.DefaultBytes)) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static string Describe(SegmentHeader header)
    {
        string link = header.Link == SegmentLink.Root
            ? "root"
            : $"after segment {header.Predecessor.SegmentId} salt {header.Predecessor.Salt:x16} "
                + $"end {header.Predecessor.EndOffset} sequence "
                + $"{header.Predecessor.LastSequence}";
        return $"header  @0 segment {header.SegmentId}, file {header.FileNumber:x16}, salt "
            + $"{header.Salt:x16}, store {header.StoreId}, alignment {header.Alignment}, {link}, "
            + $"first {header.FirstSequence}, low water {header.LowWaterSequence}, epoch "
            + $"{header.OpenEpoch}, written {DumpText.Time(header.CreatedTicks)}, capacity "
            + $"{header.Capacity}";
    }
}
