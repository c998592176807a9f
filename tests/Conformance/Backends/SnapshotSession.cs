using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Testing.Disk;

namespace LogEngine.Conformance.Backends;

/// <summary>A directory for state files on some backend, as long as one case runs.</summary>
internal sealed class SnapshotSession : IDisposable
{
    private readonly ScratchDirectory? _scratch;
    private readonly int _seed;
    private int _crashes;

    private SnapshotSession(IFileSystem files, ScratchDirectory? scratch, int seed)
    {
        Files = files;
        _scratch = scratch;
        _seed = seed;
        Directory = scratch?.Path ?? "/state";
        Files.CreateDirectory(Directory);
    }

    internal IFileSystem Files { get; private set; }

    internal string Directory { get; }

    internal string Target => Path.Combine(Directory, "state");

    internal IEnumerable<string> Names => Files.ListFiles(Directory).Order(StringComparer.Ordinal);

    internal static SnapshotSession OfFiles() =>
        new(RealFileSystem.Instance, new ScratchDirectory(), 0);

    internal static SnapshotSession OfMemory() =>
        new(LogEnvironment.InMemory().Files, null, 0);

    internal static SnapshotSession OfSimulation(int seed) =>
        new(new SimulatedFileSystem(), null, seed);

    /// <summary>On the simulated disk, a power loss; elsewhere nothing.</summary>
    internal void Step()
    {
        if (Files is SimulatedFileSystem disk)
        {
            Files = SimulatedSession.Crash(disk, unchecked((_seed * 1000) + _crashes++));
        }
    }

    internal ValueTask<SnapshotFileWriter> CreateAsync(SnapshotFileOptions? options = null) =>
        SnapshotFile.CreateOnAsync(Files, Target, options, CancellationToken.None);

    internal ValueTask SaveAsync(byte[] payload, SnapshotFileOptions? options = null) =>
        SnapshotFile.SaveOnAsync(Files, Target, payload, options, CancellationToken.None);

    internal ValueTask<SnapshotContent> LoadAsync(Action<SnapshotContent>? validate = null) =>
        SnapshotFile.LoadOnAsync(Files, Target, validate, CancellationToken.None);

    internal byte[] Bytes()
    {
        using IStorageFile file = Files.Open(Target, OpenFlags.Read);
        byte[] bytes = new byte[file.GetLength()];
        file.Read(bytes, 0);
        return bytes;
    }

    /// <summary>Puts bytes in the place of the file, as damage does.</summary>
    internal void Replace(byte[] bytes)
    {
        using IStorageFile file = Files.Open(Target, OpenFlags.Write);
        file.SetLength(bytes.Length);
        file.Write(bytes, 0, dataSync: true);
        file.DataSync();
    }

    public void Dispose() => _scratch?.Dispose();
}
