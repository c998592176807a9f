using LogEngine.Storage;

namespace LogEngine.CrashSim.Model;

/// <summary>
/// A short random program of changes, some of them synced: what a power cut right behind it may
/// leave is small enough to list.
/// </summary>
internal sealed class ChangeProgram(IFileSystem files, string root, int seed)
{
    private static readonly string[] _names = ["a", "b", "c"];

    private readonly Random _random = new(seed);
    private byte _fill;

    /// <summary>Some durable files, then so many changes.</summary>
    /// <param name="changes">Number of changes.</param>
    /// <param name="goOn">Asked before each; false ends it.</param>
    internal void Run(int changes, Func<bool> goOn)
    {
        files.CreateDirectory(root);
        foreach (string name in _names.AsSpan(0, 2))
        {
            using IStorageFile file = files.Open(Place(name), OpenFlags.CreateNew);
            file.Write(Bytes(_random.Next(1, 9000)), 0, dataSync: true);
        }

        files.SyncDirectory(root);
        for (int i = 0; i < changes && goOn(); i++)
        {
            Change();
        }
    }

    private void Change()
    {
        string name = _names[_random.Next(_names.Length)];
        switch (_random.Next(9))
        {
            case 0:
                Try(() => files.Open(Place(name), OpenFlags.CreateNew).Dispose());
                break;
            case 1:
                string other = _names[_random.Next(_names.Length)];
                Try(() => files.Rename(Place(name), Place(other)));
                break;
            case 2:
                files.Unlink(Place(name));
                break;
            case 3:
                OnFile(name, file => file.SetLength(_random.Next(12_000)));
                break;
            case 4:
                OnFile(name, file => file.Allocate(_random.Next(9000), _random.Next(1, 6000)));
                break;
            case 5:
                OnFile(name, file => file.DataSync());
                break;
            case 6:
                files.SyncDirectory(root);
                break;
            default:
                bool sync = _random.Next(4) == 0;
                OnFile(name, file => file.Write(
                    Bytes(_random.Next(1, 5000)), _random.Next(10_000), sync));
                break;
        }
    }

    private void OnFile(string name, Action<IStorageFile> action) => Try(() =>
    {
        using IStorageFile file = files.Open(Place(name), OpenFlags.Write);
        action(file);
    });

    /// <summary>Names come and go; a missing or existing one is a result like any other.</summary>
    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (StorageIOException error) when (error.ErrorNumber is Errno.NotFound or Errno.Exists)
        {
        }
    }

    /// <summary>Other bytes than any write before: where they came from can be told.</summary>
    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        Array.Fill(bytes, ++_fill);
        return bytes;
    }

    private string Place(string name) => Path.Combine(root, name);
}
