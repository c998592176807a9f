using System.Collections.Concurrent;
using System.Globalization;

namespace LogEngine;

/// <summary>
/// The directories that this process has open for writing. The lock itself knows only that it is held;
/// whoever is refused is told from here that it is by this process, by what and since when.
/// </summary>
internal static class OpenDirectories
{
    private static readonly ConcurrentDictionary<string, Holder> _open =
        new(StringComparer.Ordinal);

    /// <summary>Enters a directory that has just been opened; dispose to leave.</summary>
    /// <param name="path">Its full path.</param>
    /// <param name="what">What was opened.</param>
    /// <param name="clock">Tells since when.</param>
    internal static IDisposable Enter(string path, string what, TimeProvider clock)
    {
        Holder holder = new(path, what, clock.GetUtcNow());
        _open[path] = holder;
        return holder;
    }

    /// <summary>The same refusal with who it is, where that is this process.</summary>
    internal static DirectoryLockedException Explain(DirectoryLockedException refusal) =>
        _open.TryGetValue(refusal.Directory, out Holder? holder)
            ? new DirectoryLockedException(
                refusal.Directory,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"this process, by a {holder.What} that it opened at {holder.Since:u}"))
            : refusal;

    private sealed class Holder(string path, string what, DateTimeOffset since) : IDisposable
    {
        internal string What => what;

        internal DateTimeOffset Since => since;

        /// <summary>Leaves, unless somebody else has opened it since.</summary>
        public void Dispose() => _open.TryRemove(KeyValuePair.Create(path, this));
    }
}
