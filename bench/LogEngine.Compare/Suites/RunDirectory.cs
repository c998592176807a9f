namespace LogEngine.Compare.Suites;

/// <summary>A fresh directory for one run, deleted with everything in it afterwards.</summary>
internal sealed class RunDirectory : IDisposable
{
    private static int _count;

    internal RunDirectory(CompareOptions options, string engine)
    {
        string name = $"{engine}-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
        Path = System.IO.Path.Combine(options.Directory, name);
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is.</summary>
    internal string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
