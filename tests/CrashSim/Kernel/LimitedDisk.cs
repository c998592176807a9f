namespace LogEngine.CrashSim.Kernel;

/// <summary>A small file system of its own that can be filled up, and given room again.</summary>
internal sealed class LimitedDisk : IDisposable
{
    private readonly DiskImage? _image;
    private readonly Mount? _memory;

    private LimitedDisk(DiskImage? image, Mount? memory)
    {
        _image = image;
        _memory = memory;
    }

    internal Mount Mount => _image?.Mount ?? _memory!;

    /// <param name="scratch">Where its image is.</param>
    /// <param name="fileSystem">tmpfs, ext4 or xfs.</param>
    internal static LimitedDisk Create(ScratchDirectory scratch, string fileSystem)
    {
        if (fileSystem == "tmpfs")
        {
            Tools.Require();
            return new LimitedDisk(null, Mount.Memory(scratch.Sibling("memory"), "32M"));
        }

        return new LimitedDisk(
            DiskImage.Create(scratch.Sibling("disk.img"), fileSystem), null);
    }

    /// <summary>Takes all the room but some bytes, with what is reserved for root.</summary>
    internal void FillUp(long leaveBytes)
    {
        using FileStream filler = new(
            Mount["filler"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] bytes = new byte[64 << 10];
        try
        {
            while (true)
            {
                filler.Write(bytes);
            }
        }
        catch (IOException)
        {
            filler.SetLength(filler.Length - leaveBytes);
        }
    }

    /// <summary>Gives the room back.</summary>
    internal void MakeRoom() => File.Delete(Mount["filler"]);

    public void Dispose()
    {
        _image?.Dispose();
        _memory?.Dispose();
    }
}
