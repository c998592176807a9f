using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>The part of LMDB's interface that is used.</summary>
internal static unsafe partial class LmdbNative
{
    internal const string Library = "liblmdb.so.0";

    internal const uint NoSync = 0x10000;
    internal const uint NoTls = 0x200000;
    internal const uint ReadOnly = 0x20000;
    internal const uint Append = 0x20000;
    internal const int First = 0;
    internal const int Next = 8;
    internal const int NotFound = -30798;

    [LibraryImport(Library, EntryPoint = "mdb_env_create")]
    internal static partial int Create(out nint environment);

    [LibraryImport(Library, EntryPoint = "mdb_env_set_mapsize")]
    internal static partial int SetMapSize(nint environment, nuint bytes);

    [LibraryImport(
        Library, EntryPoint = "mdb_env_open", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(nint environment, string path, uint flags, uint mode);

    [LibraryImport(Library, EntryPoint = "mdb_env_sync")]
    internal static partial int Sync(nint environment, int force);

    [LibraryImport(Library, EntryPoint = "mdb_env_close")]
    internal static partial void Close(nint environment);

    [LibraryImport(Library, EntryPoint = "mdb_txn_begin")]
    internal static partial int Begin(
        nint environment, nint parent, uint flags, out nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_commit")]
    internal static partial int Commit(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_abort")]
    internal static partial void Abort(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_reset")]
    internal static partial void Reset(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_txn_renew")]
    internal static partial int Renew(nint transaction);

    [LibraryImport(Library, EntryPoint = "mdb_dbi_open")]
    internal static partial int OpenDatabase(
        nint transaction, nint name, uint flags, out uint database);

    [LibraryImport(Library, EntryPoint = "mdb_put")]
    internal static partial int Put(
        nint transaction, uint database, Value* key, Value* value, uint flags);

    [LibraryImport(Library, EntryPoint = "mdb_get")]
    internal static partial int Get(nint transaction, uint database, Value* key, Value* value);

    [LibraryImport(Library, EntryPoint = "mdb_cursor_open")]
    internal static partial int OpenCursor(nint transaction, uint database, out nint cursor);

    [LibraryImport(Library, EntryPoint = "mdb_cursor_get")]
    internal static partial int CursorGet(nint cursor, Value* key, Value* value, int operation);

    [LibraryImport(Library, EntryPoint = "mdb_cursor_close")]
    internal static partial void CloseCursor(nint cursor);

    [LibraryImport(Library, EntryPoint = "mdb_strerror")]
    internal static partial nint ErrorText(int error);

    /// <summary>Throws unless a call worked.</summary>
    internal static void Check(int error)
    {
        if (error != 0)
        {
            throw new IOException($"lmdb: {Marshal.PtrToStringUTF8(ErrorText(error))}");
        }
    }

    /// <summary>MDB_val.</summary>
    internal struct Value
    {
        internal nuint Length;
        internal byte* Bytes;

        internal readonly ReadOnlySpan<byte> Span => new(Bytes, (int)Length);
    }
}
