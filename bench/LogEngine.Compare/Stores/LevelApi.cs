using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>
/// The C interface that LevelDB defined and RocksDB kept, each function under the library's prefix;
/// and the few that RocksDB added.
/// </summary>
internal sealed unsafe class LevelApi
{
    internal const string RocksDbLibrary = "librocksdb.so";
    internal const string LevelDbLibrary = "libleveldb.so";

    private readonly nint _library;
    private readonly string _prefix;

    private LevelApi(string library, string prefix)
    {
        _library = NativeLibrary.Load(library, typeof(LevelApi).Assembly, null);
        _prefix = prefix;
        IsRocksDb = prefix == "rocksdb";
        Free = (delegate* unmanaged<void*, void>)Of("free");
        Put = (delegate* unmanaged<nint, nint, byte*, nuint, byte*, nuint, byte**, void>)Of("put");
        Get = (delegate* unmanaged<nint, nint, byte*, nuint, nuint*, byte**, byte*>)Of("get");
        Write = (delegate* unmanaged<nint, nint, nint, byte**, void>)Of("write");
        BatchPut = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, void>)
            Of("writebatch_put");
        BatchClear = (delegate* unmanaged<nint, void>)Of("writebatch_clear");
        Valid = (delegate* unmanaged<nint, byte>)Of("iter_valid");
        Next = (delegate* unmanaged<nint, void>)Of("iter_next");
        Key = (delegate* unmanaged<nint, nuint*, byte*>)Of("iter_key");
        Value = (delegate* unmanaged<nint, nuint*, byte*>)Of("iter_value");
        if (IsRocksDb)
        {
            GetPinned = (delegate* unmanaged<nint, nint, byte*, nuint, byte**, nint>)
                Of("get_pinned");
            PinnedValue = (delegate* unmanaged<nint, nuint*, byte*>)Of("pinnableslice_value");
            PinnedDestroy = (delegate* unmanaged<nint, void>)Of("pinnableslice_destroy");
            MultiGet = (delegate* unmanaged<
                nint, nint, nuint, byte**, nuint*, byte**, nuint*, byte**, void>)Of("multi_get");
        }
    }

    internal static LevelApi RocksDb => field ??= new LevelApi(RocksDbLibrary, "rocksdb");

    internal static LevelApi LevelDb => field ??= new LevelApi(LevelDbLibrary, "leveldb");

    internal bool IsRocksDb { get; }

    internal delegate* unmanaged<void*, void> Free { get; }

    internal delegate* unmanaged<nint, nint, byte*, nuint, byte*, nuint, byte**, void> Put { get; }

    internal delegate* unmanaged<nint, nint, byte*, nuint, nuint*, byte**, byte*> Get { get; }

    internal delegate* unmanaged<nint, nint, nint, byte**, void> Write { get; }

    internal delegate* unmanaged<nint, byte*, nuint, byte*, nuint, void> BatchPut { get; }

    internal delegate* unmanaged<nint, void> BatchClear { get; }

    internal delegate* unmanaged<nint, byte> Valid { get; }

    internal delegate* unmanaged<nint, void> Next { get; }

    internal delegate* unmanaged<nint, nuint*, byte*> Key { get; }

    internal delegate* unmanaged<nint, nuint*, byte*> Value { get; }

    internal delegate* unmanaged<nint, nint, byte*, nuint, byte**, nint> GetPinned { get; }

    internal delegate* unmanaged<nint, nuint*, byte*> PinnedValue { get; }

    internal delegate* unmanaged<nint, void> PinnedDestroy { get; }

    internal delegate* unmanaged<
        nint, nint, nuint, byte**, nuint*, byte**, nuint*, byte**, void> MultiGet
    { get; }

    /// <summary>Makes an object of the interface.</summary>
    internal nint Create(string name) => ((delegate* unmanaged<nint>)Of(name))();

    /// <summary>Makes a cache.</summary>
    internal nint CreateCache(long bytes) =>
        ((delegate* unmanaged<nuint, nint>)Of("cache_create_lru"))((nuint)bytes);

    /// <summary>Makes a bloom filter; RocksDB takes a fraction of bits.</summary>
    internal nint CreateBloom(int bits) => IsRocksDb
        ? ((delegate* unmanaged<double, nint>)Of("filterpolicy_create_bloom"))(bits)
        : ((delegate* unmanaged<int, nint>)Of("filterpolicy_create_bloom"))(bits);

    /// <summary>Makes an object from a database and options.</summary>
    internal nint Create(string name, nint database, nint options) =>
        ((delegate* unmanaged<nint, nint, nint>)Of(name))(database, options);

    /// <summary>A call with one object: closing, destroying, moving.</summary>
    internal void Call(string name, nint target) =>
        ((delegate* unmanaged<nint, void>)Of(name))(target);

    internal void SetByte(string name, nint target, byte value) =>
        ((delegate* unmanaged<nint, byte, void>)Of(name))(target, value);

    internal void SetInt(string name, nint target, int value) =>
        ((delegate* unmanaged<nint, int, void>)Of(name))(target, value);

    internal void SetSize(string name, nint target, long value) =>
        ((delegate* unmanaged<nint, nuint, void>)Of(name))(target, (nuint)value);

    internal void SetObject(string name, nint target, nint value) =>
        ((delegate* unmanaged<nint, nint, void>)Of(name))(target, value);

    /// <summary>Opens a database.</summary>
    internal nint Open(nint options, string path)
    {
        byte* error = null;
        nint name = Marshal.StringToCoTaskMemUTF8(path);
        nint database = ((delegate* unmanaged<nint, nint, byte**, nint>)Of("open"))(
            options, name, &error);
        Marshal.FreeCoTaskMem(name);
        ThrowIf(error);
        return database;
    }

    /// <summary>Compacts everything.</summary>
    internal void CompactAll(nint database) =>
        ((delegate* unmanaged<nint, byte*, nuint, byte*, nuint, void>)Of("compact_range"))(
            database, null, 0, null, 0);

    /// <summary>Throws an error that a call has left.</summary>
    internal void ThrowIf(byte* error)
    {
        if (error is not null)
        {
            string message = Marshal.PtrToStringUTF8((nint)error)!;
            Free(error);
            throw new IOException($"{_prefix}: {message}");
        }
    }

    private void* Of(string name) =>
        (void*)NativeLibrary.GetExport(_library, $"{_prefix}_{name}");
}
