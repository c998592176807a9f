namespace LogEngine.Backups;

/// <summary>Counts what is copied, and tells whoever wants to know.</summary>
internal sealed class BackupMeter(IProgress<BackupProgress>? progress, long total)
{
    /// <summary>Bytes copied so far.</summary>
    internal long Done { get; private set; }

    internal void Add(string path, int bytes)
    {
        Done += bytes;
        progress?.Report(new BackupProgress(path, Done, total));
    }
}
