namespace LogEngine.Tests;

/// <summary>Options under which a few kilobytes reach every boundary.</summary>
internal static class SmallLogs
{
    /// <summary>Smallest segments and groups: 64 KiB and 16 KiB.</summary>
    internal static WriteAheadLogOptions Options(IoMode mode = IoMode.Buffered) => new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        IoMode = mode,
    };

    /// <summary>Opens a log, creating it.</summary>
    internal static ValueTask<WriteAheadLog> OpenAsync(
        string directory, IoMode mode = IoMode.Buffered) =>
        WriteAheadLog.OpenAsync(directory, Options(mode));

    /// <summary>
    /// Appends records, each by itself and as durable as can be, and gives them back.
    /// </summary>
    internal static List<byte[]> Append(
        WriteAheadLog log, int count, int length, int seed = 0)
    {
        List<byte[]> records = [];
        for (int i = 0; i < count; i++)
        {
            byte[] payload = Payloads.Of(length, seed + i);
            log.Append(payload);
            records.Add(payload);
        }

        return records;
    }

    /// <summary>A directory with a closed log of some records.</summary>
    internal static async Task<List<byte[]>> CreateAsync(
        string directory, int count, int length, IoMode mode = IoMode.Buffered)
    {
        await using WriteAheadLog log = await OpenAsync(directory, mode);
        return Append(log, count, length);
    }
}
