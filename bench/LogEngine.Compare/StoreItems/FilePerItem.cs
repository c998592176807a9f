using System.Runtime.InteropServices;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.StoreItems;

/// <summary>
/// The way without a store: a temporary file, its data synced, renamed to its name, and the
/// directory synced. Each worker replaces one file of its own.
/// </summary>
internal sealed class FilePerItem : IItemWriter
{
    private readonly string _directory;
    private readonly int _handle;

    internal FilePerItem(string directory)
    {
        _directory = directory;
        _handle = Check(LinuxCalls.Open(
            directory, LinuxCalls.ReadOnly | LinuxCalls.CloseOnExec, 0));
    }

    public bool IsBlocking => true;

    public unsafe void Write(int worker, long number, byte[] content)
    {
        string target = Path.Combine(_directory, $"{worker}");
        string temporary = target + ".tmp";
        int file = Check(LinuxCalls.Open(
            temporary,
            LinuxCalls.ReadWrite | LinuxCalls.Create | LinuxCalls.CloseOnExec,
            0x1A4));
        try
        {
            fixed (byte* data = content)
            {
                Check((int)LinuxCalls.Write(file, data, content.Length, 0));
            }

            Check(LinuxCalls.Sync(file));
        }
        finally
        {
            LinuxCalls.Close(file);
        }

        File.Move(temporary, target, overwrite: true);
        Check(LinuxCalls.Sync(_handle));
    }

    public ValueTask WriteAsync(int worker, long number, byte[] content) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        LinuxCalls.Close(_handle);
        return ValueTask.CompletedTask;
    }

    private static int Check(int result) => result >= 0
        ? result
        : throw new IOException(
            $"A file call failed with error {Marshal.GetLastPInvokeError()}.");
}
