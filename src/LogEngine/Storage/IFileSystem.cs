namespace LogEngine.Storage;

/// <summary>
/// The one seam between the engine and a disk. Production code runs on
/// <see cref="RealFileSystem"/>, crash tests on a simulated one; nothing else touches files.
/// </summary>
/// <remarks>
/// <para>All members are synchronous, thread-safe and never retried by the caller.</para>
/// <para>
/// Errors: a full disk or quota is <see cref="StorageFullException"/>; every other failing call is
/// <see cref="StorageIOException"/> with the system's error number. EINTR is retried inside (never
/// for close). A missing file or directory is ENOENT in a StorageIOException, as anything else.
/// </para>
/// <para>
/// Durability: a name created, renamed or removed is durable only after
/// <see cref="SyncDirectory"/> of its directory has returned.
/// </para>
/// </remarks>
internal interface IFileSystem
{
    /// <summary>True for a directory, false where nothing of that name exists.</summary>
    /// <exception cref="StorageIOException">ENOTDIR where it is something else.</exception>
    bool DirectoryExists(string path);

    /// <summary>
    /// What a path leads to now, a directory too; null where nothing of that name exists.
    /// </summary>
    FileIdentity? TryIdentify(string path);

    /// <summary>
    /// Holds a directory, so that names in it go on meaning names in it, whatever is done to its
    /// own name. Ownership passes to the caller.
    /// </summary>
    /// <exception cref="StorageIOException">ENOENT where there is none.</exception>
    IHeldDirectory Hold(string directory);

    /// <summary>
    /// Creates a directory and its missing parents, and syncs the parent of each one created.
    /// </summary>
    void CreateDirectory(string path);

    /// <summary>Names (without path) of the regular files directly in a directory, unordered.</summary>
    IReadOnlyList<string> ListFiles(string directory);

    /// <summary>
    /// Opens a regular file. Ownership passes to the caller. Anything else, a pipe, a socket, a
    /// device, a directory, is refused and never waited for.
    /// </summary>
    IStorageFile Open(string path, OpenFlags flags);

    /// <summary>Atomically replaces <paramref name="target"/> by <paramref name="source"/>.</summary>
    void Rename(string source, string target);

    /// <summary>Removes a name. A missing one is not an error: false is returned.</summary>
    bool Unlink(string path);

    /// <summary>
    /// Gives a file the mode of another, and its owner and group as far as this process may; where
    /// the group cannot be had, the group may do no more than others. Nothing where there is no
    /// other file, or files have no mode.
    /// </summary>
    void KeepAccess(string of, IStorageFile on);

    /// <summary>Makes creations, renames and removals in the directory durable.</summary>
    void SyncDirectory(string path);

    /// <summary>
    /// Takes an advisory lock on a file that belongs to this file description, not to the process:
    /// two calls in one process conflict as two processes do. Null where somebody else holds it.
    /// A file that it may create is a lock file: Windows lets nobody remove it while it is held
    /// exclusively. Other files that are locked can be renamed and removed.
    /// </summary>
    /// <exception cref="StorageIOException">
    /// The file is missing and <paramref name="create"/> is false, or the file system does not
    /// support locks: never taken for 'free'.
    /// </exception>
    IFileLock? TryLock(string path, LockKind kind, bool create);

    /// <summary>
    /// Whether anybody holds the lock of that file exclusively, without taking it even for a moment, and
    /// by reading access alone. Null where this cannot be told.
    /// </summary>
    bool? IsLockedExclusively(string path);

    /// <summary>
    /// Looks at the directory's file system; writes, reads back and removes a small probe file when
    /// <paramref name="tryDirect"/> is set.
    /// </summary>
    StorageFacts Probe(string directory, bool tryDirect);
}

/// <summary>How a file is opened.</summary>
[Flags]
internal enum OpenFlags
{
    /// <summary>Existing file, reading only, through the page cache.</summary>
    Read = 0,

    /// <summary>Reading and writing.</summary>
    Write = 1,

    /// <summary>The file must not exist and is created; implies <see cref="Write"/>.</summary>
    CreateNew = 2 | Write,

    /// <summary>
    /// Past the page cache. Offsets, lengths and memory are then multiples of
    /// <see cref="StorageFacts.DirectAlignment"/>.
    /// </summary>
    Direct = 4,
}

/// <summary>Kinds of an advisory lock.</summary>
internal enum LockKind
{
    /// <summary>Any number of holders, none of them exclusive.</summary>
    Shared,

    /// <summary>One holder.</summary>
    Exclusive,
}

/// <summary>A held lock; disposing releases it. The lock file is never unlinked by it.</summary>
internal interface IFileLock : IDisposable
{
    /// <summary>Whether taking it created the file.</summary>
    bool IsNew { get; }

    /// <summary>Identity of the lock file, whatever names it has by now.</summary>
    FileIdentity GetIdentity();
}

/// <summary>An open file: positional calls only. Disposing closes it and never throws.</summary>
/// <remarks>
/// Thread-safe. Two instances on one path are two open file descriptions, so each has an error
/// state of its own for syncs.
/// </remarks>
internal interface IStorageFile : IDisposable
{
    /// <summary>The path it was opened by.</summary>
    string Path { get; }

    /// <summary>Whether calls go past the page cache and so must be aligned.</summary>
    bool IsDirect { get; }

    /// <summary>Device, inode, link count.</summary>
    FileIdentity GetIdentity();

    /// <summary>Length in bytes.</summary>
    long GetLength();

    /// <summary>
    /// Reads until the buffer is full or the end of the file; the count is short only there.
    /// </summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>
    /// Writes all of it or throws; after a throw any part may have been written. With
    /// <paramref name="dataSync"/>, on return exactly these bytes, and the metadata needed to read
    /// them, are durable: nothing written earlier is. One system call where the write is not short.
    /// </summary>
    void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync);

    /// <summary>
    /// Says that these bytes are about to be written there with a data sync, perhaps beside other
    /// writes: from now on a simulated power loss may leave any part of them. Does nothing else.
    /// </summary>
    void Announce(ReadOnlySpan<byte> bytes, long offset)
    {
    }

    /// <summary>
    /// Makes everything written to this file so far, by whatever descriptor, durable. After a
    /// failure the file's unsynced bytes are undefined: the caller must not retry.
    /// </summary>
    void DataSync();

    /// <summary>Cuts the file or extends it with a hole.</summary>
    void SetLength(long length);

    /// <summary>
    /// Reserves disk space for a range and extends the file to its end, so that writing it cannot
    /// meet a full disk. False where the file system cannot: then nothing happened.
    /// </summary>
    bool Allocate(long offset, long length);

    /// <summary>Drops clean cached pages, so that the next read comes from the device.</summary>
    void DropCache();
}

/// <summary>What a file is, whatever its name.</summary>
internal readonly record struct FileIdentity(ulong Device, ulong Inode, ulong Links)
{
    /// <summary>Whether both are one file, or one directory.</summary>
    internal bool IsSame(FileIdentity other) => Device == other.Device && Inode == other.Inode;
}

/// <summary>What was found out about a directory's file system.</summary>
/// <param name="FileSystemName">"ext4", "tmpfs", … or a number where it is not known by name.</param>
/// <param name="DirectSupported">Whether the probe of direct writes with data sync passed.</param>
/// <param name="DirectReason">Why it did not pass; null where it did, or was not tried.</param>
/// <param name="DirectAlignment">Multiple of 4096: max(4096, physical block).</param>
/// <param name="BufferedAlignment">Multiple of 4096: also page and file-system block.</param>
internal sealed record StorageFacts(
    string FileSystemName,
    bool DirectSupported,
    string? DirectReason,
    int DirectAlignment,
    int BufferedAlignment);
