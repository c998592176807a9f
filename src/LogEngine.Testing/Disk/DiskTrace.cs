using System.Globalization;

namespace LogEngine.Testing.Disk;

/// <summary>
/// The operations on a disk: their number, their hash, and on request their text.
/// </summary>
internal sealed class DiskTrace
{
    /// <summary>Random suffixes of temporary names, in order of appearance.</summary>
    private readonly Dictionary<string, string> _temporary = [];
    private List<string>? _lines;

    internal long Operations { get; private set; }

    /// <summary>Of kinds, names, offsets, lengths and failures, in order.</summary>
    internal ulong Hash { get; private set; } = 1;

    internal IReadOnlyList<string> Lines => _lines ?? [];

    internal void KeepText() => _lines ??= [];

    internal void Note(string operation, string path, long offset, long length)
    {
        Operations++;
        string name = Canonical(Path.GetFileName(path));
        Add(HashOf(operation));
        Add(HashOf(name));
        Add((ulong)offset);
        Add((ulong)length);
        _lines?.Add(string.Create(
            CultureInfo.InvariantCulture, $"{Operations} {operation} {name} {offset}+{length}"));
    }

    internal void NoteFailure(int errorNumber)
    {
        Add((ulong)errorNumber);
        if (_lines is { Count: > 0 })
        {
            _lines[^1] += $" -> error {errorNumber}";
        }
    }

    /// <summary>Something that happened outside the disk, for the text and the hash.</summary>
    internal void Remark(string text)
    {
        Add(HashOf(text));
        _lines?.Add("  " + text);
    }

    private static ulong HashOf(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash;
    }

    private void Add(ulong value) => Hash = SimPage.Mix(Hash, value);

    /// <summary>
    /// Temporary names are random; numbered here, so that equal runs have equal traces.
    /// </summary>
    private string Canonical(string name)
    {
        if (!name.EndsWith(".tmp", StringComparison.Ordinal))
        {
            return name;
        }

        if (!_temporary.TryGetValue(name, out string? known))
        {
            known = string.Create(
                CultureInfo.InvariantCulture, $"temporary-{_temporary.Count + 1}");
            _temporary.Add(name, known);
        }

        return known;
    }
}
