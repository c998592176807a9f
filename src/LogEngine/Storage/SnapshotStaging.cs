using System.Numerics;

namespace LogEngine.Storage;

/// <summary>
/// A snapshot file being written: a temporary sibling of the target until <see cref="Commit"/>.
/// </summary>
/// <remarks>
/// Not thread-safe. Any failure abandons it, so that what follows a failed write can never be
/// committed. The sibling is locked while it lives: one that can be locked has no owner.
/// </remarks>
internal sealed class SnapshotStaging : IDisposable
{
    private readonly IFileSystem _fileSystem;
    private readonly string _target;
    private readonly SnapshotTemp _temp;

    /// <summary>Grows up to a whole block: most files are a manifest of a few hundred bytes.</summary>
    private byte[] _block = new byte[1024];
    private readonly ulong _salt;
    private readonly long _logSequence;
    private readonly uint _contentVersion;

    private int _filled; // payload bytes in _block
    private long _blockOffset = SnapshotHeader.Size;
    private long _payloadLength;

    private SnapshotStaging(
        IFileSystem fileSystem, string target, long logSequence, uint contentVersion)
    {
        _fileSystem = fileSystem;
        _target = target;
        _logSequence = logSequence;
        _contentVersion = contentVersion;
        _salt = Chance.Word();
        _temp = SnapshotTemp.Create(fileSystem, target);
    }

    /// <summary>The file's salt, drawn at random: it tells the file from any other.</summary>
    internal ulong Salt => _salt;

    /// <summary>Whether it was committed, abandoned or failed.</summary>
    internal bool IsClosed => _temp.IsReleased;

    /// <summary>Bytes that a write takes without touching the disk.</summary>
    internal int BufferSpace => SnapshotBlock.MaxPayload - _filled;

    /// <exception cref="StorageNotFoundException">No directory; nothing was created.</exception>
    internal static SnapshotStaging Create(
        IFileSystem fileSystem, string target, long logSequence, uint contentVersion)
    {
        string directory = SnapshotTemp.DirectoryOf(target);
        if (!fileSystem.DirectoryExists(directory))
        {
            throw new StorageNotFoundException(
                $"Directory '{directory}' of snapshot file '{target}' does not exist.");
        }

        return new SnapshotStaging(fileSystem, target, logSequence, contentVersion);
    }

    /// <summary>Appends to the payload.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        bool whole = false;
        try
        {
            while (!bytes.IsEmpty)
            {
                // A full block waits for the next byte: only then it is not the last one.
                if (_filled == SnapshotBlock.MaxPayload)
                {
                    WriteBlock();
                }

                int count = Math.Min(bytes.Length, SnapshotBlock.MaxPayload - _filled);
                MakeRoom(_filled + count);
                bytes[..count].CopyTo(_block.AsSpan(SnapshotBlock.HeaderSize + _filled));
                _filled += count;
                bytes = bytes[count..];
            }

            whole = true;
        }
        finally
        {
            if (!whole)
            {
                Dispose();
            }
        }
    }

    /// <summary>Syncs what has been written, so that the commit has less to do.</summary>
    internal void SyncWritten()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        bool synced = false;
        try
        {
            _temp.File.DataSync();
            synced = true;
        }
        finally
        {
            if (!synced)
            {
                Dispose();
            }
        }
    }

    /// <summary>
    /// Makes it durable and then the target's content, durably; closes it, also where it fails.
    /// </summary>
    internal void Commit()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        try
        {
            if (_filled > 0)
            {
                WriteBlock();
            }

            // The length is known only now. That the header comes last matters to nobody: until the
            // rename the file is a temporary one, and the sync below covers it.
            Span<byte> header = stackalloc byte[SnapshotHeader.Size];
            new SnapshotHeader(_salt, _logSequence, _payloadLength, _contentVersion).Write(header);
            _temp.File.Write(header, 0, dataSync: false);
            _fileSystem.KeepAccess(_target, _temp.File);
            _temp.File.DataSync();

            // Content before name: after a power loss the target is the old file or this one.
            _fileSystem.Rename(_temp.Path, _target);
            _temp.Renamed();
            _fileSystem.SyncDirectory(SnapshotTemp.DirectoryOf(_target));
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Abandons it unless it was committed. Idempotent, never throws.</summary>
    public void Dispose() => _temp.Dispose();

    private void MakeRoom(int payload)
    {
        int needed = SnapshotBlock.EncodedLength(payload);
        if (needed > _block.Length)
        {
            Array.Resize(
                ref _block,
                (int)Math.Min(SnapshotBlock.MaxEncoded, BitOperations.RoundUpToPowerOf2((uint)needed)));
        }
    }

    private void WriteBlock()
    {
        int length = SnapshotBlock.Seal(_block, _filled, _salt, _blockOffset);
        _temp.File.Write(_block.AsSpan(0, length), _blockOffset, dataSync: false);
        _blockOffset += length;
        _payloadLength += _filled;
        _filled = 0;
    }
}
