using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;

namespace LogEngine.Packaging;

/// <summary>A portable symbol file: which sources it names, and where a debugger finds them.</summary>
internal sealed class SymbolFile(MetadataReader symbols)
{
    // Portable PDB format, custom debug information.
    private static readonly Guid _embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
    private static readonly Guid _sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private readonly string[] _linked = [.. Linked(symbols)];

    internal IReadOnlyCollection<DocumentHandle> Documents => symbols.Documents;

    /// <summary>What an assembly must name for these to be its symbols.</summary>
    internal Guid Identity => new BlobContentId(symbols.DebugMetadataHeader!.Id).Guid;

    internal static Guid IdentityNamedBy(PEReader assembly)
    {
        DebugDirectoryEntry entry = assembly.ReadDebugDirectory()
            .Single(e => e.Type == DebugDirectoryEntryType.CodeView);
        return assembly.ReadCodeViewDebugDirectoryData(entry).Guid;
    }

    internal string PathOf(DocumentHandle document) =>
        symbols.GetString(symbols.GetDocument(document).Name);

    /// <summary>Whether its text is in here, or an address for it is.</summary>
    internal bool LeadsTo(DocumentHandle document) =>
        symbols.GetCustomDebugInformation(document).Any(handle => IsOf(_embeddedSource, handle))
        || _linked.Any(prefix => PathOf(document).StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<string> Linked(MetadataReader symbols) => symbols
        .GetCustomDebugInformation(EntityHandle.ModuleDefinition)
        .Select(symbols.GetCustomDebugInformation)
        .Where(information => symbols.GetGuid(information.Kind) == _sourceLink)
        .SelectMany(information => JsonDocument.Parse(symbols.GetBlobBytes(information.Value))
            .RootElement.GetProperty("documents").EnumerateObject())
        .Select(link => link.Name.TrimEnd('*'));

    private bool IsOf(Guid kind, CustomDebugInformationHandle handle) =>
        symbols.GetGuid(symbols.GetCustomDebugInformation(handle).Kind) == kind;
}
