using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>
/// The part of LMDB's interface that is used, from the library in LightningDB's package, which the
/// package's own binding calls too. That library needs glibc 2.38; on an older system the system's own is
/// taken, where there is one.
/// </summary>
internal static unsafe partial class LmdbNative
{
    internal const string Library = "lmdb";

    private const string SystemLibrary = "liblmdb.so.0";

    internal const uint NoSync = 0x10000;
    internal const uint NoTls = 0x200000;
    internal const uint ReadOnly = 0x20000;
    internal const uint Append = 0x20000;
    internal const int First = 0;
    internal const int Next = 8;
    internal const int SetRange = 17;
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

    [LibraryImport(Library, EntryPoint = "mdb_cursor_renew")]
    internal static partial int RenewCursor(nint transaction, nint cursor);

    [LibraryImport(Library, EntryPoint = "mdb_cursor_close")]
    internal static partial void CloseCursor(nint cursor);

    [LibraryImport(Library, EntryPoint = "mdb_strerror")]
    internal static partial nint ErrorText(int error);

    static LmdbNative() => NativeLibrary.SetDllImportResolver(
        typeof(LmdbNative).Assembly,
        (name, assembly, path) => name == Library ? Load() : 0);

    /// <summary>Why it cannot be used here; null where it can.</summary>
    internal static string? WhyMissing() => Load() != 0
        ? null
        : "its package's library needs glibc 2.38, and there is no liblmdb.so.0 (on Debian in liblmdb0)";

    private static nint Load() =>
        NativeLibrary.TryLoad(Library, typeof(LmdbNative).Assembly, null, out nint library)
        || NativeLibrary.TryLoad(SystemLibrary, out library)
            ? library
            : 0;

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
