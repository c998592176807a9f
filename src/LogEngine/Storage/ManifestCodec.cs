using LogEngine.Format;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Storage;

/// <summary>
/// Bytes of a manifest, the payload of a snapshot file. See docs/format.md, 'Manifest'.
/// </summary>
internal static class ManifestCodec
{
    /// <summary>
    /// Content version of the snapshot file that is written. Version 1, which is read for ever, knows
    /// no salts of opens, generations and snapshots.
    /// </summary>
    internal const uint Version = 2;

    internal const int HeaderSize = 112;
    internal const int SegmentSize = 56;
    internal const int SnapshotSize = 16;

    private const int FirstHeaderSize = 88;
    private const int FirstSnapshotSize = 8;

    private const uint CleanlyClosedFlag = 1;
    private const uint AnythingFreedFlag = 2;

    internal static byte[] Encode(Manifest manifest)
    {
        // The same facts that reading checks: what is written must be readable.
        if (FindFault(manifest) is { } fault)
        {
            throw new InvalidOperationException($"Refused to write a manifest: {fault}.");
        }

        int segmentBytes = checked(manifest.Segments.Count * SegmentSize);
        int snapshotBytes = checked(manifest.Snapshots.Count * SnapshotSize);
        byte[] bytes = new byte[checked(HeaderSize + segmentBytes + snapshotBytes)];
        Span<byte> to = bytes;
        manifest.StoreId.TryWriteBytes(to, bigEndian: true, out _);
        WriteUInt32LittleEndian(to[16..], (uint)manifest.Kind);
        WriteInt32LittleEndian(to[20..], manifest.Alignment);
        WriteUInt64LittleEndian(to[24..], manifest.Generation);
        WriteUInt64LittleEndian(to[32..], manifest.OpenEpoch);
        WriteUInt64LittleEndian(to[40..], manifest.NextSegmentId);
        WriteUInt64LittleEndian(to[48..], manifest.NextFileNumber);
        WriteInt64LittleEndian(to[56..], manifest.LowWaterSequence);
        WriteInt64LittleEndian(to[64..], manifest.NextSequence);
        WriteUInt32LittleEndian(
            to[72..],
            (manifest.CleanlyClosed ? CleanlyClosedFlag : 0)
            | (manifest.AnythingFreed ? AnythingFreedFlag : 0));
        WriteInt32LittleEndian(to[76..], manifest.Segments.Count);
        WriteInt32LittleEndian(to[80..], manifest.Snapshots.Count);
        WriteUInt64LittleEndian(to[88..], manifest.PreviousSalt);
        WriteUInt64LittleEndian(to[96..], manifest.OpenSalt);
        for (int i = 0; i < manifest.Segments.Count; i++)
        {
            Encode(manifest.Segments[i], to[(HeaderSize + (i * SegmentSize))..]);
        }

        for (int i = 0; i < manifest.Snapshots.Count; i++)
        {
            int at = HeaderSize + segmentBytes + (i * SnapshotSize);
            WriteUInt64LittleEndian(to[at..], manifest.Snapshots[i].FileNumber);
            WriteUInt64LittleEndian(to[(at + 8)..], manifest.Snapshots[i].Salt);
        }

        return bytes;
    }

    /// <summary>Decodes a payload whose checksums were right.</summary>
    /// <exception cref="CorruptionException">It says what no writer says.</exception>
    /// <exception cref="IncompatibleFormatException">The version is not known.</exception>
    internal static Manifest Decode(
        ReadOnlySpan<byte> from, string path, uint version = Version)
    {
        if (version is not (1 or Version))
        {
            throw new IncompatibleFormatException(
                path, $"manifest version {version}, this build knows 1 to {Version}");
        }

        bool salted = version > 1;
        int headerSize = salted ? HeaderSize : FirstHeaderSize;
        int snapshotSize = salted ? SnapshotSize : FirstSnapshotSize;
        if (from.Length < headerSize)
        {
            throw Damage(path, $"{from.Length} bytes, at least {headerSize} expected");
        }

        // Both counts against the bytes that are there, before anything is allocated for them.
        long segments = ReadUInt32LittleEndian(from[76..]);
        long snapshots = ReadUInt32LittleEndian(from[80..]);
        long length = headerSize + (segments * SegmentSize) + (snapshots * snapshotSize);
        if (length != from.Length)
        {
            throw Damage(
                path,
                $"{from.Length} bytes; {segments} segments and {snapshots} snapshots "
                + $"take {length}");
        }

        Manifest manifest = new()
        {
            StoreId = new Guid(from[..16], bigEndian: true),
            Kind = (StoreKind)ReadUInt32LittleEndian(from[16..]),
            Alignment = ReadInt32LittleEndian(from[20..]),
            Generation = ReadUInt64LittleEndian(from[24..]),
            OpenEpoch = ReadUInt64LittleEndian(from[32..]),
            NextSegmentId = ReadUInt64LittleEndian(from[40..]),
            NextFileNumber = ReadUInt64LittleEndian(from[48..]),
            LowWaterSequence = ReadInt64LittleEndian(from[56..]),
            NextSequence = ReadInt64LittleEndian(from[64..]),
            CleanlyClosed = (ReadUInt32LittleEndian(from[72..]) & CleanlyClosedFlag) != 0,
            AnythingFreed = (ReadUInt32LittleEndian(from[72..]) & AnythingFreedFlag) != 0,
            PreviousSalt = salted ? ReadUInt64LittleEndian(from[88..]) : 0,
            OpenSalt = salted ? ReadUInt64LittleEndian(from[96..]) : 0,
            Segments = DecodeSegments(from.Slice(headerSize, (int)segments * SegmentSize)),
            Snapshots = DecodeSnapshots(
                from[(headerSize + ((int)segments * SegmentSize))..], snapshotSize),
        };
        return FindFault(manifest) is { } fault ? throw Damage(path, fault) : manifest;
    }

    private static void Encode(ManifestSegment segment, Span<byte> to)
    {
        WriteUInt64LittleEndian(to, segment.FileNumber);
        WriteUInt64LittleEndian(to[8..], segment.SegmentId);
        WriteUInt64LittleEndian(to[16..], segment.Salt);
        WriteInt64LittleEndian(to[24..], segment.FirstSequence);
        WriteInt64LittleEndian(to[32..], segment.EndOffset);
        WriteInt64LittleEndian(to[40..], segment.LastSequence);
        WriteInt32LittleEndian(to[48..], segment.Alignment);
    }

    private static ManifestSegment[] DecodeSegments(ReadOnlySpan<byte> from)
    {
        ManifestSegment[] segments = new ManifestSegment[from.Length / SegmentSize];
        for (int i = 0; i < segments.Length; i++)
        {
            ReadOnlySpan<byte> one = from.Slice(i * SegmentSize, SegmentSize);
            segments[i] = new ManifestSegment(
                ReadUInt64LittleEndian(one),
                ReadUInt64LittleEndian(one[8..]),
                ReadUInt64LittleEndian(one[16..]),
                ReadInt64LittleEndian(one[24..]),
                ReadInt64LittleEndian(one[32..]),
                ReadInt64LittleEndian(one[40..]),
                ReadInt32LittleEndian(one[48..]));
        }

        return segments;
    }

    private static ManifestSnapshot[] DecodeSnapshots(ReadOnlySpan<byte> from, int size)
    {
        ManifestSnapshot[] snapshots = new ManifestSnapshot[from.Length / size];
        for (int i = 0; i < snapshots.Length; i++)
        {
            ReadOnlySpan<byte> one = from.Slice(i * size, size);
            snapshots[i] = new ManifestSnapshot(
                ReadUInt64LittleEndian(one),
                size > FirstSnapshotSize ? ReadUInt64LittleEndian(one[8..]) : 0);
        }

        return snapshots;
    }

    /// <summary>The first thing no manifest may say; null if there is none.</summary>
    private static string? FindFault(Manifest manifest)
    {
        if (!Enum.IsDefined(manifest.Kind))
        {
            return $"unknown store kind {(uint)manifest.Kind}";
        }

        if (!IsAlignment(manifest.Alignment))
        {
            return $"alignment {manifest.Alignment}";
        }

        if (manifest.LowWaterSequence < 1
            || manifest.LowWaterSequence > manifest.NextSequence
            || manifest.NextSequence is < 1 or > FormatLimits.MaxNumber)
        {
            return $"low water {manifest.LowWaterSequence}, next sequence {manifest.NextSequence}";
        }

        if (manifest.Generation > FormatLimits.MaxNumber
            || manifest.OpenEpoch > FormatLimits.MaxNumber
            || manifest.NextSegmentId > FormatLimits.MaxNumber
            || manifest.NextFileNumber > FormatLimits.MaxNumber)
        {
            return $"generation {manifest.Generation}, epoch {manifest.OpenEpoch}, next id "
                + $"{manifest.NextSegmentId}, next number {manifest.NextFileNumber}";
        }

        HashSet<ulong> numbers = [];
        foreach ((ulong number, _) in manifest.Snapshots)
        {
            if (number is 0 or > FormatLimits.MaxNumber || !numbers.Add(number))
            {
                return $"impossible snapshot: {number}";
            }
        }

        return FindSegmentFault(manifest);
    }

    private static string? FindSegmentFault(Manifest manifest)
    {
        HashSet<ulong> numbers = [];
        ulong previous = 0;
        long last = 0;
        foreach (ManifestSegment segment in manifest.Segments)
        {
            if (segment.SegmentId <= previous || segment.SegmentId >= manifest.NextSegmentId)
            {
                return $"segment id {segment.SegmentId} after {previous}, next id "
                    + $"{manifest.NextSegmentId}";
            }

            if (!IsSane(segment, manifest.NextFileNumber)
                || segment.FirstSequence <= last
                || !numbers.Add(segment.FileNumber))
            {
                return $"impossible segment: {segment}";
            }

            previous = segment.SegmentId;
            last = Math.Max(segment.FirstSequence, segment.LastSequence);
        }

        return null;
    }

    private static bool IsSane(ManifestSegment segment, ulong nextFileNumber) =>
        segment.FileNumber > 0
        && segment.FileNumber < nextFileNumber
        && IsAlignment(segment.Alignment)
        && segment.FirstSequence is >= 1 and <= FormatLimits.MaxNumber
        && (segment is { EndOffset: 0, LastSequence: 0 }
            || (segment.EndOffset > segment.Alignment
                && FormatLimits.IsSegmentEnd(segment.EndOffset, segment.Alignment)
                && segment.LastSequence >= segment.FirstSequence
                && segment.LastSequence <= FormatLimits.MaxNumber));

    private static bool IsAlignment(int value) =>
        value is >= FormatLimits.MinAlignment and <= FormatLimits.MaxAlignment
        && value % FormatLimits.MinAlignment == 0;

    /// <summary>The offset is that of the file's first block, which holds it.</summary>
    private static CorruptionException Damage(string path, string reason) =>
        new(path, SnapshotHeader.Size, $"manifest: {reason}");
}
