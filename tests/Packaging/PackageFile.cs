using System.IO.Compression;
using System.Xml.Linq;

namespace LogEngine.Packaging;

/// <summary>A package that was made: its files and what its manifest says.</summary>
internal sealed class PackageFile(string path) : IDisposable
{
    private readonly ZipArchive _archive = ZipFile.OpenRead(path);

    /// <summary>Its files, without those of the container's format.</summary>
    internal IEnumerable<string> Files => _archive.Entries
        .Select(entry => entry.FullName)
        .Where(name => name is not "[Content_Types].xml"
            && !name.EndsWith(".nuspec", StringComparison.Ordinal)
            && !name.StartsWith("_rels/", StringComparison.Ordinal)
            && !name.StartsWith("package/", StringComparison.Ordinal));

    /// <summary>Dependencies as 'name version', in order.</summary>
    internal IEnumerable<string> Dependencies => Manifest.Descendants()
        .Where(element => element.Name.LocalName == "dependency")
        .Select(element => $"{element.Attribute("id")!.Value} {element.Attribute("version")!.Value}")
        .Order(StringComparer.Ordinal);

    private XElement Manifest => XElement.Load(new MemoryStream(
        Read(_archive.Entries.Single(
            entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)))));

    /// <summary>An element of the manifest.</summary>
    internal XElement Says(string name) => SaysIfAny(name).Single();

    /// <summary>The same where it may be absent.</summary>
    internal IEnumerable<XElement> SaysIfAny(string name) =>
        Manifest.Descendants().Where(element => element.Name.LocalName == name);

    internal byte[] Read(string name) => Read(_archive.GetEntry(name)!);

    public void Dispose() => _archive.Dispose();

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
