using System.Globalization;
using LogEngine.Storage;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Model;

/// <summary>
/// A random program over the engine's file-system seam: the same seed makes the same calls, and on
/// two systems that agree they come to the same results, word by word.
/// </summary>
internal sealed class FileProgram : IDisposable
{
    private const int Slots = 3;
    private const int MaxLength = 9000;
    private const int MaxOffset = 24_000;
    private const int Page = 4096;

    private static readonly string[] _names = ["a", "b", "c", "d", "none/e"];

    private readonly IFileSystem _files;
    private readonly string _root;
    private readonly bool _direct;
    private readonly Random _random;
    private readonly IStorageFile?[] _open = new IStorageFile?[Slots];
    private readonly IFileLock?[] _locks = new IFileLock?[2];

    private FileProgram(IFileSystem files, string root, int seed, bool direct)
    {
        _files = files;
        _root = root;
        _direct = direct;
        _random = new Random(seed);
    }

    /// <summary>Runs it; gives each call with its result or error.</summary>
    /// <param name="files">The system.</param>
    /// <param name="root">A directory that is not there yet.</param>
    /// <param name="seed">Of everything.</param>
    /// <param name="steps">Number of calls.</param>
    /// <param name="direct">Whether some files are opened past the cache.</param>
    internal static List<string> Run(
        IFileSystem files, string root, int seed, int steps, bool direct)
    {
        using FileProgram program = new(files, root, seed, direct);
        List<string> results = [Attempt("create directory", () =>
        {
            files.CreateDirectory(root);
            return string.Empty;
        })];
        for (int i = 0; i < steps; i++)
        {
            results.Add(program.Step());
        }

        return results;
    }

    public void Dispose()
    {
        Array.ForEach(_open, file => file?.Dispose());
        Array.ForEach(_locks, held => held?.Dispose());
    }

    private string Step()
    {
        int slot = _random.Next(Slots);
        return _random.Next(20) switch
        {
            0 or 1 or 2 => Open(slot),
            3 or 4 or 5 => Write(slot),
            6 or 7 => Read(slot),
            8 => SetLength(slot),
            9 => Allocate(slot),
            10 => Rename(),
            11 => Unlink(),
            12 => Attempt("list", () => string.Join(
                ' ', _files.ListFiles(Place(_random.Next(8) == 0 ? "none" : ""))
                    .Order(StringComparer.Ordinal))),
            13 => SyncDirectory(),
            14 => OnFile(slot, "sync", file =>
            {
                file.DataSync();
                return string.Empty;
            }),
            15 => OnFile(slot, "look at", file =>
            {
                FileIdentity found = file.GetIdentity();
                IEnumerable<string> same = _open.Select(
                    other => other?.GetIdentity() is { } o && o.Inode == found.Inode ? "=" : "!");
                return Text($"{file.GetLength()} {found.Links} {string.Concat(same)}");
            }),
            16 => DirectoryExists(),
            17 => TakeLock(),
            18 => OnFile(slot, "drop cache", file =>
            {
                file.DropCache();
                return string.Empty;
            }),
            _ => Close(slot),
        };
    }

    private string Open(int slot)
    {
        string name = Name();
        OpenFlags flags = _random.Next(5) switch
        {
            0 => OpenFlags.Read,
            1 or 2 => OpenFlags.Write,
            _ => OpenFlags.CreateNew,
        };
        flags |= _random.Next(3) == 0 && _direct ? OpenFlags.Direct : OpenFlags.Read;
        return Attempt($"open {name} {flags}", () =>
        {
            IStorageFile file = _files.Open(Place(name), flags);
            _open[slot]?.Dispose();
            _open[slot] = file;
            return string.Empty;
        });
    }

    private string Write(int slot)
    {
        (int offset, int length) = Range(slot);
        bool sync = _random.Next(4) == 0;
        byte fill = (byte)_random.Next(1, 256);
        using AlignedBuffer buffer = new(Math.Max(length, 1));
        buffer.Span.Fill(fill);
        return OnFile(slot, Text($"write {offset}+{length} {sync}"), file =>
        {
            file.Write(buffer.Slice(0, length), offset, sync);
            return string.Empty;
        });
    }

    private string Read(int slot)
    {
        (int offset, int length) = Range(slot);
        using AlignedBuffer buffer = new(Math.Max(length, 1));
        return OnFile(slot, Text($"read {offset}+{length}"), file =>
        {
            int count = file.Read(buffer.Slice(0, length), offset);
            return Text($"{count} {JournalEra.HashOf(buffer.Slice(0, count)):x}");
        });
    }

    private string SetLength(int slot)
    {
        int length = _random.Next(MaxOffset);
        return OnFile(slot, Text($"set length {length}"), file =>
        {
            file.SetLength(length);
            return string.Empty;
        });
    }

    private string Allocate(int slot)
    {
        int offset = _random.Next(MaxOffset);
        int length = _random.Next(1, MaxLength);
        return OnFile(
            slot,
            Text($"allocate {offset}+{length}"),
            file => file.Allocate(offset, length).ToString());
    }

    private string Rename()
    {
        // Always within the directory: nothing else is ever renamed.
        string from = _names[_random.Next(4)];
        string to = _names[_random.Next(4)];
        return Attempt($"rename {from} {to}", () =>
        {
            _files.Rename(Place(from), Place(to));
            return string.Empty;
        });
    }

    private string Unlink()
    {
        string name = Name();
        return Attempt($"unlink {name}", () => _files.Unlink(Place(name)).ToString());
    }

    private string SyncDirectory()
    {
        string name = _random.Next(6) == 0 ? "none" : string.Empty;
        return Attempt($"sync directory {name}", () =>
        {
            _files.SyncDirectory(Place(name));
            return string.Empty;
        });
    }

    private string DirectoryExists()
    {
        string name = _random.Next(3) == 0 ? string.Empty : Name();
        return Attempt(
            $"directory exists {name}", () => _files.DirectoryExists(Place(name)).ToString());
    }

    private string TakeLock()
    {
        int slot = _random.Next(_locks.Length);
        string name = _names[_random.Next(2)];
        LockKind kind = _random.Next(2) == 0 ? LockKind.Shared : LockKind.Exclusive;
        bool create = _random.Next(2) == 0;
        return Attempt($"lock {name} {kind} {create}", () =>
        {
            _locks[slot]?.Dispose();
            _locks[slot] = null;
            _locks[slot] = _files.TryLock(Place(name), kind, create);
            return Text($"{_locks[slot] is not null} {_files.IsLockedExclusively(Place(name))}");
        });
    }

    private string Close(int slot)
    {
        _open[slot]?.Dispose();
        _open[slot] = null;
        return Text($"close {slot}");
    }

    /// <summary>Any range; past the cache whole pages, as the seam asks for.</summary>
    private (int Offset, int Length) Range(int slot)
    {
        int offset = _random.Next(MaxOffset);
        int length = _random.Next(1, MaxLength);
        return _open[slot] is { IsDirect: true }
            ? (offset / Page * Page, (length / Page * Page) + Page)
            : (offset, length);
    }

    private string OnFile(int slot, string what, Func<IStorageFile, string> action) =>
        _open[slot] is { } file
            ? Attempt(Text($"{what} of {slot}"), () => action(file))
            : Text($"{what} of {slot}: not open");

    private static string Attempt(string what, Func<string> action)
    {
        try
        {
            return $"{what}: {action()}";
        }
        catch (StorageIOException error)
        {
            return Text($"{what}: error {error.ErrorNumber}");
        }
        catch (StorageFullException)
        {
            return $"{what}: full";
        }
    }

    private string Name() => _names[_random.Next(_names.Length)];

    private string Place(string name) => name.Length == 0 ? _root : Path.Combine(_root, name);

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);
}
