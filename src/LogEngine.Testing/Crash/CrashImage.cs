using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Crash;

/// <summary>
/// What a disk holds after a power loss. Immutable; pages are shared with other images.
/// </summary>
internal sealed class CrashImage
{
    private readonly IReadOnlyDictionary<string, Dictionary<string, ImageFile>> _directories;
    private ulong _hash;

    internal CrashImage(IReadOnlyDictionary<string, Dictionary<string, ImageFile>> directories) =>
        _directories = directories;

    internal IReadOnlyDictionary<string, Dictionary<string, ImageFile>> Directories =>
        _directories;

    /// <summary>Of names and bytes; equal images are equal disks.</summary>
    internal ulong Hash
    {
        get
        {
            if (_hash == 0)
            {
                ulong hash = 0;
                foreach ((string path, Dictionary<string, ImageFile> names) in _directories)
                {
                    ulong prefix = HashOf(path, 1);
                    hash += prefix;
                    foreach ((string name, ImageFile file) in names)
                    {
                        hash += SimPage.Mix(HashOf(name, prefix), file.Content.Hash);
                    }
                }

                _hash = hash | 1;
            }

            return _hash;
        }
    }

    /// <summary>The same disk with some bytes of a file written.</summary>
    internal CrashImage With(ulong inode, WrittenBytes write) => new(
        _directories.ToDictionary(
            directory => directory.Key,
            directory => directory.Value.ToDictionary(
                file => file.Key,
                file => file.Value.Inode == inode ? Written(file.Value, write) : file.Value)));

    /// <summary>A disk that holds exactly this, all of it durable.</summary>
    internal SimulatedFileSystem Mount()
    {
        Dictionary<ulong, SimInode> inodes = [];
        Dictionary<string, SimDirectory> directories = [];
        ulong next = 1;
        foreach ((string path, Dictionary<string, ImageFile> names) in _directories)
        {
            Dictionary<string, SimInode> mounted = new(names.Count);
            foreach ((string name, ImageFile file) in names)
            {
                if (!inodes.TryGetValue(file.Inode, out SimInode? inode))
                {
                    inode = SimInode.Of(file.Inode, file.Content.Clone());
                    inodes.Add(file.Inode, inode);
                    next = Math.Max(next, file.Inode + 1);
                }

                mounted.Add(name, inode);
            }

            directories.Add(path, new SimDirectory(mounted));
        }

        return new SimulatedFileSystem(directories, next);
    }

    private static ImageFile Written(ImageFile file, WrittenBytes write)
    {
        SimContent content = file.Content.Clone();
        SimInode.Apply(content, write);
        return file with { Content = content };
    }

    private static ulong HashOf(string text, ulong start)
    {
        ulong hash = 14695981039346656037 ^ start;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash;
    }
}
