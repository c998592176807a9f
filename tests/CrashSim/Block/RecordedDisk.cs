using System.Diagnostics;
using System.Globalization;
using LogEngine.CrashSim.Kernel;
using LogEngine.Storage;

namespace LogEngine.CrashSim.Block;

/// <summary>
/// A mounted file system whose every block request is recorded, in order, by a storage daemon that
/// exports the image as a file. Behind the file system lies one page of marks: they are in the same
/// record, and so say what had been acknowledged by then.
/// </summary>
internal sealed class RecordedDisk : IDisposable
{
    private const int MarkBytes = DiskPages.PageSize;

    private readonly Stack<IDisposable> _parts = new();
    private readonly string _image;
    private readonly string _log;
    private readonly IStorageFile _marks;
    private readonly AlignedBuffer _mark = new(MarkBytes);

    /// <param name="place">An empty directory for everything.</param>
    /// <param name="fileSystem">ext4 or xfs.</param>
    internal RecordedDisk(string place, string fileSystem)
    {
        _image = Path.Combine(place, "disk.img");
        _log = Path.Combine(place, "requests");
        string export = Path.Combine(place, "export");
        FileSystemBytes = DiskImage.Format(_image, fileSystem, MarkBytes);
        Fresh = DiskPages.Of(_image, FileSystemBytes);
        File.Create(_log).Dispose();
        File.Create(export).Dispose();
        try
        {
            _parts.Push(new Daemon(_image, _log, export));
            string size = FileSystemBytes.ToString(CultureInfo.InvariantCulture);
            LoopDevice disk = Keep(LoopDevice.Attach(
                export, "--direct-io=off", "--sizelimit", size));
            LoopDevice marks = Keep(LoopDevice.Attach(export, "--direct-io=off", "--offset", size));
            _marks = Keep(RawDevice.Open(marks.Path));
            Mount = Keep(Mount.At(Path.Combine(place, "mount"), disk.Path));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal long FileSystemBytes { get; }

    /// <summary>The image before it was mounted.</summary>
    internal DiskPages Fresh { get; }

    internal Mount Mount { get; }

    /// <summary>Puts a number into the record.</summary>
    internal void Mark(int number)
    {
        BitConverter.TryWriteBytes(_mark.Span, number);
        _marks.Write(_mark.Span, 0, dataSync: false);
    }

    /// <summary>Unmounts, and gives the record; the disk is what full replay must come to.</summary>
    internal (IReadOnlyList<BlockRequest> Requests, DiskPages Disk) Finish()
    {
        Dispose();
        return (BlockLog.Read(_log), DiskPages.Of(_image, FileSystemBytes));
    }

    public void Dispose()
    {
        while (_parts.TryPop(out IDisposable? part))
        {
            part.Dispose();
        }

        _mark.Dispose();
    }

    private T Keep<T>(T part)
        where T : IDisposable
    {
        _parts.Push(part);
        return part;
    }

    /// <summary>QEMU's storage daemon: exports a file through FUSE and records the requests.</summary>
    private sealed class Daemon : IDisposable
    {
        private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

        private readonly Process _process;

        internal Daemon(string image, string log, string export)
        {
            long length = new FileInfo(image).Length;
            _process = Tools.Start(new ProcessStartInfo(
                "qemu-storage-daemon",
                [
                    "--blockdev", $"driver=file,filename={image},node-name=disk",
                    "--blockdev", $"driver=file,filename={log},node-name=log",
                    "--blockdev", "driver=blklogwrites,node-name=recorded,file=disk,log=log",
                    "--export",
                    $"type=fuse,id=export,node-name=recorded,mountpoint={export},writable=on",
                ])
            {
                RedirectStandardError = true,
            });
            SpinWait.SpinUntil(
                () => _process.HasExited || new FileInfo(export).Length == length, _patience);
            if (_process.HasExited)
            {
                throw new InvalidOperationException(_process.StandardError.ReadToEnd());
            }
        }

        /// <summary>Ends it as it wants to be ended: the record is complete then.</summary>
        public void Dispose()
        {
            Tools.Try(
                "kill", "-TERM", _process.Id.ToString(CultureInfo.InvariantCulture));
            if (!_process.WaitForExit(_patience))
            {
                _process.Kill();
            }

            _process.Dispose();
        }
    }
}
