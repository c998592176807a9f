using LogEngine.Storage;

namespace LogEngine;

/// <summary>
/// A checksummed state file that is replaced atomically: a crash at any moment leaves the old
/// content or the new, never a mixture.
/// </summary>
/// <remarks>
/// <para>
/// A file is written to a temporary sibling and renamed over the target by the commit: the data is
/// synced, then the name, then the directory. After a commit has returned, power loss keeps the new
/// content. Loading verifies every byte, so a damaged file is an error and never a partial state.
/// </para>
/// <para>
/// All members are thread-safe. Several writers of one target do not disturb each other: the last
/// commit wins. They run blocking file calls on the thread pool. An operating-system error is a
/// <see cref="StorageIOException"/>, a full disk a <see cref="StorageFullException"/>; either
/// leaves the old file usable. A target that is a symbolic link is itself replaced. Bytes: docs/format.md,
/// 'Snapshot file'.
/// </para>
/// <para>
/// The new file has the mode of the one that it replaces, from its first byte on, and its owner and
/// group as far as the process may give files away; on Windows it inherits its access from the
/// directory. A file that replaces none follows the umask. A file name may be as long as the file
/// system takes. A file that is mounted by itself, as containers do, cannot be replaced: the error
/// says so.
/// </para>
/// </remarks>
public static class SnapshotFile
{
    /// <summary>
    /// Starts a new file that will replace <paramref name="path"/> when it is committed. Leftovers
    /// of dead writers of the same target are removed.
    /// </summary>
    /// <param name="path">The target; it may exist or not, its directory must exist.</param>
    /// <param name="options">What the file says besides its payload; null for defaults.</param>
    /// <param name="cancellationToken">Observed before the file is created.</param>
    /// <returns>The writer, owned by the caller; disposing it without commit abandons it.</returns>
    /// <exception cref="StorageNotFoundException">No such directory; nothing was created.</exception>
    /// <exception cref="SnapshotValidationException">
    /// An invariant does not hold; nothing was created.
    /// </exception>
    public static ValueTask<SnapshotFileWriter> CreateAsync(
        string path,
        SnapshotFileOptions? options = null,
        CancellationToken cancellationToken = default) =>
        CreateOnAsync(RealFileSystem.Instance, path, options, cancellationToken);

    /// <summary>
    /// Replaces a file by one payload, in one call; durable on return.
    /// </summary>
    /// <param name="path">The target; it may exist or not, its directory must exist.</param>
    /// <param name="payload">The content; it must not change until the task completes.</param>
    /// <param name="options">What the file says besides its payload; null for defaults.</param>
    /// <param name="cancellationToken">Observed before the file is created.</param>
    /// <exception cref="StorageNotFoundException">No such directory; nothing was created.</exception>
    /// <exception cref="SnapshotValidationException">
    /// An invariant does not hold; nothing was created.
    /// </exception>
    public static ValueTask SaveAsync(
        string path,
        ReadOnlyMemory<byte> payload,
        SnapshotFileOptions? options = null,
        CancellationToken cancellationToken = default) =>
        SaveOnAsync(RealFileSystem.Instance, path, payload, options, cancellationToken);

    /// <summary>
    /// Opens a file for streaming. Header and length are verified now, each block of 64 KiB when it
    /// is read; use <see cref="LoadAsync"/> where a prefix of a damaged file must not be acted on.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Observed before the file is opened.</param>
    /// <returns>
    /// The reader, owned by the caller. It reads the same content even when the file is replaced.
    /// </returns>
    /// <exception cref="StorageNotFoundException">No such file.</exception>
    /// <exception cref="CorruptionException">
    /// The header is damaged, or the file is shorter or longer than the header says.
    /// </exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    public static ValueTask<SnapshotFileReader> OpenAsync(
        string path, CancellationToken cancellationToken = default) =>
        OpenOnAsync(RealFileSystem.Instance, path, cancellationToken);

    /// <summary>Reads and verifies a whole file; nothing is returned of a damaged one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="validate">
    /// Called with the verified content before it is returned; what it throws fails the call, such
    /// as <see cref="SnapshotInvariant.Check"/> does.
    /// </param>
    /// <param name="cancellationToken">Observed before the file is opened.</param>
    /// <exception cref="StorageNotFoundException">No such file.</exception>
    /// <exception cref="CorruptionException">
    /// The header or a block is damaged, or the file is shorter or longer than the header says.
    /// </exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="RecordTooLargeException">
    /// The payload is larger than an array can be; use <see cref="OpenAsync"/>.
    /// </exception>
    public static ValueTask<SnapshotContent> LoadAsync(
        string path,
        Action<SnapshotContent>? validate = null,
        CancellationToken cancellationToken = default) =>
        LoadOnAsync(RealFileSystem.Instance, path, validate, cancellationToken);

    internal static async ValueTask<SnapshotFileWriter> CreateOnAsync(
        IFileSystem fileSystem,
        string path,
        SnapshotFileOptions? options,
        CancellationToken cancellationToken)
    {
        string target = FullPathOfFile(path);
        SnapshotFileOptions chosen = options ?? new SnapshotFileOptions();
        chosen.Validate();
        SnapshotStaging staging = await Task
            .Run(() => Stage(fileSystem, target, chosen), cancellationToken)
            .ConfigureAwait(false);
        return new SnapshotFileWriter(staging);
    }

    internal static async ValueTask SaveOnAsync(
        IFileSystem fileSystem,
        string path,
        ReadOnlyMemory<byte> payload,
        SnapshotFileOptions? options,
        CancellationToken cancellationToken)
    {
        string target = FullPathOfFile(path);
        SnapshotFileOptions chosen = options ?? new SnapshotFileOptions();
        chosen.Validate();
        await Task.Run(
            () =>
            {
                using SnapshotStaging staging = Stage(fileSystem, target, chosen);
                staging.Write(payload.Span);
                staging.Commit();
            },
            cancellationToken).ConfigureAwait(false);
    }

    internal static async ValueTask<SnapshotFileReader> OpenOnAsync(
        IFileSystem fileSystem, string path, CancellationToken cancellationToken)
    {
        string full = FullPathOfFile(path);
        SnapshotSource source = await Task
            .Run(() => SnapshotSource.Open(fileSystem, full, forWriting: false), cancellationToken)
            .ConfigureAwait(false);
        return new SnapshotFileReader(source);
    }

    internal static async ValueTask<SnapshotContent> LoadOnAsync(
        IFileSystem fileSystem,
        string path,
        Action<SnapshotContent>? validate,
        CancellationToken cancellationToken)
    {
        string full = FullPathOfFile(path);
        SnapshotContent content = await Task
            .Run(
                () => SnapshotFileCore.Load(fileSystem, full, forWriting: false),
                cancellationToken)
            .ConfigureAwait(false);
        validate?.Invoke(content);
        return content;
    }

    private static SnapshotStaging Stage(
        IFileSystem fileSystem, string target, SnapshotFileOptions options)
    {
        SnapshotStaging staging = SnapshotStaging.Create(
            fileSystem, target, options.LogSequence, options.ContentVersion);
        SnapshotTemp.Sweep(fileSystem, target);
        return staging;
    }

    private static string FullPathOfFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string full = Path.GetFullPath(path);
        return Path.GetFileName(full.AsSpan()).IsEmpty
            ? throw new ArgumentException($"'{path}' names no file.", nameof(path))
            : full;
    }
}
