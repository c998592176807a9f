using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>
/// The part of RocksDB's C interface that is used, from the library in its NuGet package: the package's
/// own binding copies each value once more.
/// </summary>
internal static unsafe partial class RocksDbNative
{
    internal const string Library = "rocksdb";

    private const string Prefix = "rocksdb_";

    [LibraryImport(Library, EntryPoint = Prefix + "free")]
    private static partial void Free(void* memory);

    [LibraryImport(
        Library, EntryPoint = Prefix + "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(nint options, string path, byte** error);

    [LibraryImport(Library, EntryPoint = Prefix + "close")]
    internal static partial void Close(nint database);

    [LibraryImport(Library, EntryPoint = Prefix + "options_create")]
    internal static partial nint CreateOptions();

    [LibraryImport(Library, EntryPoint = Prefix + "options_destroy")]
    internal static partial void DestroyOptions(nint options);

    [LibraryImport(Library, EntryPoint = Prefix + "options_set_create_if_missing")]
    internal static partial void SetCreateIfMissing(nint options, byte value);

    [LibraryImport(Library, EntryPoint = Prefix + "options_set_compression")]
    internal static partial void SetCompression(nint options, int value);

    [LibraryImport(Library, EntryPoint = Prefix + "options_set_write_buffer_size")]
    internal static partial void SetWriteBufferSize(nint options, nuint bytes);

    [LibraryImport(Library, EntryPoint = Prefix + "block_based_options_create")]
    internal static partial nint CreateTableOptions();

    [LibraryImport(Library, EntryPoint = Prefix + "block_based_options_destroy")]
    internal static partial void DestroyTableOptions(nint options);

    [LibraryImport(Library, EntryPoint = Prefix + "block_based_options_set_block_cache")]
    internal static partial void SetBlockCache(nint tableOptions, nint cache);

    [LibraryImport(Library, EntryPoint = Prefix + "block_based_options_set_filter_policy")]
    internal static partial void SetFilterPolicy(nint tableOptions, nint policy);

    [LibraryImport(Library, EntryPoint = Prefix + "options_set_block_based_table_factory")]
    internal static partial void SetTableOptions(nint options, nint tableOptions);

    [LibraryImport(Library, EntryPoint = Prefix + "cache_create_lru")]
    internal static partial nint CreateCache(nuint bytes);

    [LibraryImport(Library, EntryPoint = Prefix + "cache_destroy")]
    internal static partial void DestroyCache(nint cache);

    [LibraryImport(Library, EntryPoint = Prefix + "filterpolicy_create_bloom")]
    internal static partial nint CreateBloom(double bitsPerKey);

    [LibraryImport(Library, EntryPoint = Prefix + "writeoptions_create")]
    internal static partial nint CreateWriteOptions();

    [LibraryImport(Library, EntryPoint = Prefix + "writeoptions_destroy")]
    internal static partial void DestroyWriteOptions(nint options);

    [LibraryImport(Library, EntryPoint = Prefix + "writeoptions_set_sync")]
    internal static partial void SetSync(nint options, byte value);

    [LibraryImport(Library, EntryPoint = Prefix + "writeoptions_disable_WAL")]
    internal static partial void DisableLog(nint options, int value);

    [LibraryImport(Library, EntryPoint = Prefix + "readoptions_create")]
    internal static partial nint CreateReadOptions();

    [LibraryImport(Library, EntryPoint = Prefix + "readoptions_destroy")]
    internal static partial void DestroyReadOptions(nint options);

    [LibraryImport(Library, EntryPoint = Prefix + "put")]
    internal static partial void Put(
        nint database, nint options, byte* key, nuint keyLength, byte* value, nuint length, byte** error);

    [LibraryImport(Library, EntryPoint = Prefix + "get_pinned")]
    internal static partial nint Get(
        nint database, nint options, byte* key, nuint keyLength, byte** error);

    [LibraryImport(Library, EntryPoint = Prefix + "pinnableslice_value")]
    internal static partial byte* PinnedValue(nint pinned, nuint* length);

    [LibraryImport(Library, EntryPoint = Prefix + "pinnableslice_destroy")]
    internal static partial void Unpin(nint pinned);

    [LibraryImport(Library, EntryPoint = Prefix + "get_default_column_family_handle")]
    internal static partial nint DefaultFamily(nint database);

    [LibraryImport(Library, EntryPoint = Prefix + "batched_multi_get_cf")]
    internal static partial void MultiGet(
        nint database,
        nint options,
        nint family,
        nuint count,
        byte** keys,
        nuint* keyLengths,
        nint* pinned,
        byte** errors,
        byte sorted);

    [LibraryImport(Library, EntryPoint = Prefix + "write")]
    internal static partial void Write(nint database, nint options, nint batch, byte** error);

    [LibraryImport(Library, EntryPoint = Prefix + "writebatch_create")]
    internal static partial nint CreateBatch();

    [LibraryImport(Library, EntryPoint = Prefix + "writebatch_put")]
    internal static partial void BatchPut(
        nint batch, byte* key, nuint keyLength, byte* value, nuint length);

    [LibraryImport(Library, EntryPoint = Prefix + "writebatch_clear")]
    internal static partial void ClearBatch(nint batch);

    [LibraryImport(Library, EntryPoint = Prefix + "writebatch_destroy")]
    internal static partial void DestroyBatch(nint batch);

    [LibraryImport(Library, EntryPoint = Prefix + "compact_range")]
    internal static partial void Compact(
        nint database, byte* from, nuint fromLength, byte* to, nuint toLength);

    [LibraryImport(Library, EntryPoint = Prefix + "create_iterator")]
    internal static partial nint CreateIterator(nint database, nint options);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_destroy")]
    internal static partial void DestroyIterator(nint iterator);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_seek_to_first")]
    internal static partial void SeekToFirst(nint iterator);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_seek")]
    internal static partial void Seek(nint iterator, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_valid")]
    internal static partial byte IsValid(nint iterator);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_next")]
    internal static partial void Next(nint iterator);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_key")]
    internal static partial byte* IteratorKey(nint iterator, nuint* length);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_value")]
    internal static partial byte* IteratorValue(nint iterator, nuint* length);

    [LibraryImport(Library, EntryPoint = Prefix + "iter_get_error")]
    internal static partial void IteratorError(nint iterator, byte** error);

    /// <summary>Opens a database.</summary>
    internal static nint Open(nint options, string path)
    {
        byte* error = null;
        nint database = Open(options, path, &error);
        ThrowIf(error);
        return database;
    }

    /// <summary>Throws an error that a call has left.</summary>
    internal static void ThrowIf(byte* error)
    {
        if (error is not null)
        {
            string message = Marshal.PtrToStringUTF8((nint)error)!;
            Free(error);
            throw new IOException($"rocksdb: {message}");
        }
    }
}
