using System.Runtime.InteropServices;

namespace LogEngine.Cli;

/// <summary>Which file of which device something is.</summary>
internal readonly record struct FileNumber(uint DeviceMajor, uint DeviceMinor, ulong Number)
{
    private const int CurrentDirectory = -100;
    private const uint BasicFacts = 0x7FF;

    /// <summary>Of a path on Linux; null where there is no such file, or it cannot be known.</summary>
    internal static FileNumber? Of(string path)
    {
        // The layout of the result is the same on every architecture.
        byte[] facts = new byte[256];
        try
        {
            byte[] name = [.. System.Text.Encoding.UTF8.GetBytes(path), 0];
            return Query(CurrentDirectory, name, 0, BasicFacts, facts) == 0
                ? new FileNumber(
                    BitConverter.ToUInt32(facts, 136),
                    BitConverter.ToUInt32(facts, 140),
                    BitConverter.ToUInt64(facts, 32))
                : null;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

#pragma warning disable SYSLIB1054 // Its arguments are passed as they are: there is nothing to generate.
    [DllImport("libc", EntryPoint = "statx", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Query(
        int directory, byte[] path, int flags, uint wanted, byte[] facts);
#pragma warning restore SYSLIB1054
}
