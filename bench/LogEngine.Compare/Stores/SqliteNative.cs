using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>
/// The part of SQLite's interface that is used, from the library that Microsoft.Data.Sqlite brings: its
/// own commands and readers allocate for each call.
/// </summary>
internal static unsafe partial class SqliteNative
{
    internal const string Library = "e_sqlite3";

    internal const int Row = 100;
    internal const int Done = 101;

    private const int OpenReadWriteCreateNoMutex = 0x2 | 0x4 | 0x8000;

    [LibraryImport(
        Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, out nint connection, int flags, nint vfs);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    internal static partial int Close(nint connection);

    [LibraryImport(
        Library, EntryPoint = "sqlite3_exec", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(
        nint connection, string sql, nint callback, nint argument, nint error);

    [LibraryImport(
        Library, EntryPoint = "sqlite3_prepare_v2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Prepare(
        nint connection, string sql, int length, out nint statement, nint tail);

    [LibraryImport(Library, EntryPoint = "sqlite3_busy_timeout")]
    private static partial int SetBusyTimeout(nint connection, int milliseconds);

    /// <summary>Binds bytes that stay where they are until the statement is reset.</summary>
    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    internal static partial int BindBlob(
        nint statement, int index, byte* bytes, int length, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    internal static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    internal static partial int Reset(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")]
    internal static partial int Finish(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    internal static partial byte* ColumnBlob(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    internal static partial int ColumnBytes(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    internal static partial long ColumnInt64(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    internal static partial int BindInt64(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_errmsg")]
    private static partial nint ErrorText(nint connection);

    /// <summary>A connection for one thread at a time.</summary>
    internal static nint Open(string path, string synchronous, long cacheBytes)
    {
        Check(0, Open(path, out nint connection, OpenReadWriteCreateNoMutex, 0), 0);
        Check(connection, SetBusyTimeout(connection, 60_000), 0);
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, $"PRAGMA synchronous={synchronous}");
        Execute(connection, "PRAGMA wal_autocheckpoint=1000");
        Execute(connection, $"PRAGMA cache_size=-{cacheBytes >> 10}");
        return connection;
    }

    internal static void Execute(nint connection, string sql) =>
        Check(connection, Execute(connection, sql, 0, 0, 0), 0);

    internal static nint Prepare(nint connection, string sql)
    {
        Check(connection, Prepare(connection, sql, -1, out nint statement, 0), 0);
        return statement;
    }

    /// <summary>Throws unless a call gave what it should.</summary>
    internal static void Check(nint connection, int result, int expected)
    {
        if (result != expected)
        {
            string text = connection == 0
                ? $"error {result}"
                : Marshal.PtrToStringUTF8(ErrorText(connection))!;
            throw new IOException($"sqlite: {text}");
        }
    }
}
