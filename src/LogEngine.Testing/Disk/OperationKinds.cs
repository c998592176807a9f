namespace LogEngine.Testing;

/// <summary>Kinds of operation on a simulated disk, for choosing where a fault strikes.</summary>
[Flags]
public enum OperationKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Opening an existing file.</summary>
    Open = 1,

    /// <summary>Creating a file.</summary>
    Create = 2,

    /// <summary>Reading bytes.</summary>
    Read = 4,

    /// <summary>Writing bytes, with or without data sync.</summary>
    Write = 8,

    /// <summary>Syncing a file's data.</summary>
    DataSync = 16,

    /// <summary>Cutting or extending a file.</summary>
    SetLength = 32,

    /// <summary>Reserving space.</summary>
    Allocate = 64,

    /// <summary>Renaming.</summary>
    Rename = 128,

    /// <summary>Removing a name.</summary>
    Unlink = 256,

    /// <summary>Syncing a directory.</summary>
    SyncDirectory = 512,

    /// <summary>Listing a directory.</summary>
    List = 1024,

    /// <summary>Taking a lock.</summary>
    Lock = 2048,

    /// <summary>Looking at a file or directory.</summary>
    Look = 4096,

    /// <summary>Creating a directory.</summary>
    CreateDirectory = 8192,

    /// <summary>Everything that changes the disk.</summary>
    Changes = Create | Write | DataSync | SetLength | Allocate | Rename | Unlink | SyncDirectory
        | CreateDirectory,

    /// <summary>Everything.</summary>
    All = Changes | Open | Read | List | Lock | Look,
}
