using System.Diagnostics;
using System.Runtime.InteropServices;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Engines;

/// <summary>
/// The bare loop's file, read in 1 MiB chunks with every frame's checksum verified.
/// </summary>
internal sealed unsafe class BareScan(int payloadBytes) : IBenchScan
{
    private const int ChunkBytes = 1 << 20;
    private const int MaxFrameBytes = 2 << 20;
    private const string FileName = "bare";

    /// <inheritdoc/>
    public string Note => "CRC-32C, pread of 1 MiB";

    /// <inheritdoc/>
    public Task<IBenchLog> CreateAsync(string directory, long records)
    {
        // Groups are padded to whole blocks: twice the frames is more than they can take.
        long length = Math.Max(64L << 20, records * BareFrame.SizeOf(payloadBytes) * 2);
        PreparedFile file = PreparedFile.Create(
            Path.Combine(directory, FileName), length, direct: true, prepare: false);
        return Task.FromResult<IBenchLog>(BareLog.Open(file, appenders: 1, payloadBytes));
    }

    /// <inheritdoc/>
    public Task<ScanOutcome> ReadAsync(string directory)
    {
        long started = Stopwatch.GetTimestamp();
        string path = Path.Combine(directory, FileName);
        int file = LinuxCalls.Open(path, LinuxCalls.ReadOnly | LinuxCalls.CloseOnExec, 0);
        byte* buffer = (byte*)NativeMemory.AlignedAlloc(
            ChunkBytes + MaxFrameBytes, PreparedFile.BlockBytes);
        try
        {
            return Task.FromResult(Read(file, buffer, started));
        }
        finally
        {
            NativeMemory.AlignedFree(buffer);
            _ = LinuxCalls.Close(file);
        }
    }

    private static ScanOutcome Read(int file, byte* buffer, long started)
    {
        long records = 0;
        long bytes = 0;
        long offset = 0; // of the next chunk in the file
        int kept = 0; // bytes of an unfinished frame, moved to lie right before the chunk
        byte* chunk = buffer + MaxFrameBytes;
        while (true)
        {
            nint read = LinuxCalls.Read(file, chunk, ChunkBytes, offset);
            if (read < 0)
            {
                throw new IOException("Reading the bare loop's file failed.");
            }

            byte* at = chunk - kept;
            byte* end = chunk + read;
            if (read == 0)
            {
                return new ScanOutcome(
                    records, bytes, OpenTime: null, Stopwatch.GetElapsedTime(started));
            }

            while (end - at >= BareFrame.HeaderBytes)
            {
                int length = *(int*)at;
                if (length == 0)
                {
                    // The rest of a group's last block; a chunk is a whole number of blocks.
                    long block = PreparedFile.BlockBytes;
                    at += block - ((offset + (at - chunk)) % block);
                    continue;
                }

                int size = BareFrame.SizeOf(length);
                if (end - at < size)
                {
                    break;
                }

                if (!BareFrame.Verify(at, size))
                {
                    throw new InvalidDataException($"Bad frame at {offset + (at - chunk)}.");
                }

                records++;
                bytes += length;
                at += size;
            }

            kept = (int)(end - at);
            Buffer.MemoryCopy(at, chunk - kept, MaxFrameBytes, kept);
            offset += read;
        }
    }
}
