using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>A disk in memory with one store on it, which can be copied and damaged.</summary>
internal sealed class MemoryStore
{
    /// <summary>As the engine says it back: on Windows with a drive.</summary>
    internal static string Directory { get; } = Path.GetFullPath("/store");

    internal MemoryStore() => Environment = LogEnvironment.InMemory();

    internal LogEnvironment Environment { get; init; }

    internal IFileSystem Files => Environment.Files;

    internal IReadOnlyList<string> Names =>
        [.. Files.ListFiles(Directory).Order(StringComparer.Ordinal)];

    internal IReadOnlyList<string> Segments =>
        [.. Names.Where(n => n.EndsWith(".seg", StringComparison.Ordinal))];

    internal IReadOnlyList<string> Snapshots =>
        [.. Names.Where(n => n.EndsWith(".snap", StringComparison.Ordinal))];

    /// <summary>Valid headers of its segments.</summary>
    internal List<SegmentHeader> HeadersOf()
    {
        List<SegmentHeader> headers = [];
        foreach (string name in Segments)
        {
            SegmentHeader.Read(Read(name), forWriting: true, out SegmentHeader? header);
            if (header is not null)
            {
                headers.Add(header);
            }
        }

        return headers;
    }

    internal ValueTask<WriteAheadLog> OpenAsync(
        Func<WriteAheadLogOptions, WriteAheadLogOptions>? change = null)
    {
        WriteAheadLogOptions options = SmallLogs.Options() with { SpareSegments = 0 };
        return WriteAheadLog.OpenAsync(
            Environment, Directory, change is null ? options : change(options), default);
    }

    internal ValueTask<EmbeddedEngine> OpenEngineAsync(
        Func<StorageEngineOptions, StorageEngineOptions>? change = null)
    {
        StorageEngineOptions options = Engine.SmallEngine.Options with { SpareSegments = 0 };
        return EmbeddedEngine.OpenAsync(
            Environment, Directory, change is null ? options : change(options), default);
    }

    /// <summary>Opens the log for reading only.</summary>
    internal Task<WriteAheadLog> ReadAsync() =>
        OpenAsync(o => o with { ReadOnly = true }).AsTask();

    /// <summary>Writes records in a group each; gives what a kill would leave then.</summary>
    internal async Task<MemoryStore> KillAsync(int records)
    {
        await using WriteAheadLog log = await OpenAsync();
        SmallLogs.Append(log, records, 100);
        return Copy();
    }

    /// <summary>As the disk is now: what a kill of the process leaves.</summary>
    internal MemoryStore Copy()
    {
        MemoryStore copy = new();
        copy.Files.CreateDirectory(Directory);
        foreach (string name in Names)
        {
            try
            {
                copy.Write(name, Read(name));
            }
            catch (StorageIOException gone) when (gone.ErrorNumber == Errno.NotFound)
            {
                // Removed in the background since it was listed.
            }
        }

        return copy;
    }

    /// <summary>The same with its calls watched, or failed.</summary>
    internal (MemoryStore Store, Storage.HookedFileSystem Hooks) Hooked(StorageFacts? facts = null)
    {
        Storage.HookedFileSystem hooks = new(Files) { Facts = facts };
        return (new MemoryStore { Environment = Environment with { Files = hooks } }, hooks);
    }

    internal byte[] Read(string name)
    {
        using IStorageFile file = Files.Open(PathOf(name), OpenFlags.Read);
        byte[] bytes = new byte[file.GetLength()];
        file.Read(bytes, 0);
        return bytes;
    }

    /// <summary>Puts a file there, in place of another one.</summary>
    internal void Write(string name, byte[] bytes)
    {
        Files.Unlink(PathOf(name));
        using IStorageFile file = Files.Open(PathOf(name), OpenFlags.CreateNew);
        file.Write(bytes, 0, dataSync: false);
        file.SetLength(bytes.Length);
    }

    internal void Remove(string name) => Assert.True(Files.Unlink(PathOf(name)));

    /// <summary>Changes a bit of a file; from its end where the offset is negative.</summary>
    internal void Flip(string name, long offset)
    {
        byte[] bytes = Read(name);
        bytes[offset < 0 ? bytes.Length + offset : offset] ^= 0x10;
        Write(name, bytes);
    }

    internal static string PathOf(string name) => Path.Combine(Directory, name);
}
