using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>Where a name is looked up, and what people call it.</summary>
/// <param name="At">The directory that <paramref name="Name"/> is relative to.</param>
/// <param name="Name">The name in it, or a whole path.</param>
/// <param name="Path">For messages.</param>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal readonly record struct PosixPlace(FileDescriptor At, string Name, string Path)
{
    /// <summary>A path as it is.</summary>
    internal static PosixPlace Of(string path) =>
        new(FileDescriptor.WorkingDirectory, path, path);
}
