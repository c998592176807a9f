using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>
/// A POSIX file descriptor. The runtime counts calls in flight, so closing while another thread is
/// inside a call waits for it, and the number is never reused under that call.
/// </summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    internal FileDescriptor()
        : base(ownsHandle: true)
    {
    }

    private FileDescriptor(nint number)
        : base(ownsHandle: false) => SetHandle(number);

    /// <summary>Paths given with it are looked up as they are (AT_FDCWD).</summary>
    internal static FileDescriptor WorkingDirectory { get; } =
        new(OperatingSystem.IsMacOS() ? -2 : -100);

    /// <summary>Gives the descriptor away; this object does not close it any more.</summary>
    internal void Disown() => SetHandleAsInvalid();

    /// <summary>Takes over a descriptor; the object exists before it, so none can leak.</summary>
    internal void Own(int descriptor) => SetHandle(descriptor);

    /// <remarks>
    /// Never retried: after EINTR the number is already free on Linux and may belong to another
    /// thread's file. Nothing is lost by an error here, since durability comes from syncs alone.
    /// </remarks>
    protected override bool ReleaseHandle() => PosixNative.Close((int)handle) == 0;
}
