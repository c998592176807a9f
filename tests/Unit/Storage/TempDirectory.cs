namespace LogEngine.Unit.Storage;

/// <summary>A fresh directory, removed with everything in it.</summary>
internal sealed class TempDirectory : IDisposable
{
    internal TempDirectory() =>
        Path = Directory.CreateTempSubdirectory("logengine-unit-").FullName;

    internal string Path { get; }

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    internal string[] Names() =>
        [.. Directory.EnumerateFileSystemEntries(Path)
            .Select(path => System.IO.Path.GetFileName(path)!)
            .Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
