using System.Globalization;

namespace LogEngine.Cli;

/// <summary>A process that has a store open for writing.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="Name">What it is called; null where that cannot be read.</param>
/// <remarks>
/// Linux alone tells: <c>/proc/locks</c> names the process behind each lock, and anybody may read it. The file
/// is not opened, since that by itself takes a lock of it in .NET, which could be in a writer's way.
/// </remarks>
internal readonly record struct LockHolder(int ProcessId, string? Name)
{
    private const string LockFile = "LOCK";

    /// <summary>Whoever has the lock of a directory; null where nobody has, or it cannot be known.</summary>
    internal static LockHolder? Of(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return FileNumber.Of(Path.Combine(directory, LockFile)) is { } file
                ? Find(File.ReadLines("/proc/locks"), file)
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No /proc, or not for us: who it is stays unknown, that there is somebody does not.
            return null;
        }
    }

    /// <summary>The number, and the name behind it: <c>4711 (shop)</c>.</summary>
    public override string ToString()
    {
        string number = ProcessId.ToString(CultureInfo.InvariantCulture);
        return Name is null ? number : $"{number} ({Text.Escape(Name)})";
    }

    /// <summary>
    /// Finds the line of the lock: <c>1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF</c>. Some file
    /// systems have another device there than the file says of itself; where one lock alone has the
    /// file's number, that is taken.
    /// </summary>
    internal static LockHolder? Find(IEnumerable<string> locks, FileNumber file)
    {
        List<(int ProcessId, bool SameDevice)> found = [];
        foreach (string line in locks)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 6
                && words[1] == "FLOCK"
                && words[3] == "WRITE"
                && int.TryParse(words[4], NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && id > 0
                && words[5].Split(':') is [string major, string minor, string number]
                && number == file.Number.ToString(CultureInfo.InvariantCulture))
            {
                found.Add((id, major == $"{file.DeviceMajor:x2}" && minor == $"{file.DeviceMinor:x2}"));
            }
        }

        int holder = found.Where(one => one.SameDevice).Select(one => one.ProcessId).FirstOrDefault();
        holder = holder == 0 && found.Count == 1 ? found[0].ProcessId : holder;
        return holder == 0 ? null : new LockHolder(holder, NameOf(holder));
    }

    private static string? NameOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/comm").TrimEnd('\n');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
