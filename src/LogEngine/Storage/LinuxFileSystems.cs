using System.Globalization;

namespace LogEngine.Storage;

/// <summary>Names of Linux file systems by their number (statfs(2), linux/magic.h).</summary>
internal static class LinuxFileSystems
{
    internal static string NameOf(uint type) => type switch
    {
        0xEF53 => "ext4", // ext2 and ext3 say the same
        0x5846_5342 => "xfs",
        0x9123_683E => "btrfs",
        0x2FC1_2FC1 => "zfs",
        0xF2F5_2010 => "f2fs",
        0xCA45_1A4E => "bcachefs",
        0x0102_1994 => "tmpfs",
        0x8584_58F6 => "ramfs",
        0x794C_7630 => "overlay",
        0x6969 => "nfs",
        0xFF53_4D42 => "cifs",
        0xFE53_4D42 => "smb2",
        0x0102_1997 => "9p",
        0x6573_5546 => "fuse",
        0x00C3_6400 => "ceph",
        0x4D44 => "vfat",
        0x2011_BAB0 => "exfat",
        0x7366_746E => "ntfs3",
        0x7371_7368 => "squashfs",
        _ => "0x" + type.ToString("X", CultureInfo.InvariantCulture),
    };
}
