using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Files in a log's directory that are not the log's, or of a later version.</summary>
internal static class ForeignFiles
{
    private static readonly string[] _names =
    [
        "notes.txt", "0000000000000001.seg.bak", "1.seg", "LOCK2", "manifest-c", "x.tmp",
        "ABCDEF0000000001.seg", "0000000000000000.seg",
    ];

    internal static void Run(FinishedLog log, RowResult result)
    {
        foreach (string name in _names)
        {
            Dictionary<string, ImageFile> files = new(log.Image.Directories[Workload.Directory]);
            SimContent content = new();
            content.Put([1, 2, 3, 4, 5], 0);
            content.Extend(5);
            files[name] = new ImageFile(1000, content);
            SimulatedFileSystem disk = log.With(files).Mount();
            SimulatedMachine machine = new(disk, 1);
            WriteAheadLog opened = machine.Open(Workload.Directory, log.Workload.Options);
            bool listed = opened.Recovery.ForeignFiles.Contains(name);
            bool whole = opened.LastSequence == log.Whole.Last;
            machine.Scheduler.RunToIdle();
            machine.Wait(opened.CloseAsync().AsTask());
            bool kept = disk.TryFind(Path.Combine(Workload.Directory, name)) is { } inode
                && inode.Cached.Hash == content.Hash;
            result.Add(1, 1);
            if (!listed || !whole || !kept)
            {
                result.Fail($"{name}: reported {listed}, log whole {whole}, file kept {kept}");
            }
        }

        foreach (string name in log.Segments.Select(s => s.Key).Append("manifest-a"))
        {
            RefuseNewer(log, name, result);
        }
    }

    /// <summary>A whole header with another version is newer, not damaged.</summary>
    private static void RefuseNewer(FinishedLog log, string name, RowResult result)
    {
        CrashImage newer = log.With(name, content =>
        {
            byte[] header = new byte[FileHeader.Size];
            content.Read(header, 0);
            header[8] = 2;
            uint state = Crc32C.Append(Crc32C.Append(Crc32C.Start, 0UL), 0UL);
            state = Crc32C.Append(state, header.AsSpan(0, 60));
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(60), Crc32C.Finish(state));
            content.Put(header, 0);
        });
        RecoveredState found = log.Open(newer);
        result.Add(1, 1);
        if (found.Refusal is not IncompatibleFormatException)
        {
            result.Fail($"{name} of version 2: {found.Problem ?? "opened"}");
        }
    }
}
