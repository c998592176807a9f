using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Crash;

/// <summary>A file of an image: which one it is, whatever its names, and its bytes.</summary>
internal readonly record struct ImageFile(ulong Inode, SimContent Content);
