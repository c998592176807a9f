using LogEngine.Format;

namespace LogEngine.Properties;

/// <summary>
/// A log as a killed writer leaves it: some records before it, some in its segment.
/// </summary>
internal sealed class Unclosed
{
    private readonly MemoryDirectory _directory;
    private readonly string _activeName;
    private readonly int _before;

    private Unclosed(MemoryDirectory directory, List<byte[]> records, int before)
    {
        _directory = directory;
        _activeName = directory.Files.Keys
            .Where(name => name.EndsWith(".seg", StringComparison.Ordinal)
                && SegmentHeader.Read(
                    directory.Files[name], false, out SegmentHeader? header)
                    == HeaderVerdict.Valid
                && header!.FirstSequence == before + 1)
            .MaxBy(name => name, StringComparer.Ordinal)!;
        byte[] all = directory.Files[_activeName];
        Records = records;
        _before = before;
        Groups = FindGroups(all);

        // What lies behind the last group is prepared space; a block of it is enough.
        long end = Groups[^1].Offset + (2 * 4096);
        Active = all[..(int)Math.Min(all.Length, end)];
    }

    internal List<byte[]> Records { get; }

    /// <summary>Bytes of the segment that was being written.</summary>
    internal byte[] Active { get; }

    internal List<GroupHeader> Groups { get; }

    /// <summary>Groups of one record, then of a batch, small enough to change every byte.</summary>
    internal static async Task<Unclosed> CreateAsync(
        ScratchDirectory scratch, Durability durability)
    {
        List<byte[]> records = await SmallLogs.CreateAsync(scratch.Path, 3, 20);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path,
            SmallLogs.Options() with
            {
                // No mark and no sync by the clock.
                TimeProvider = new ManualTime(),
            });
        for (int i = 0; i < 4; i++)
        {
            LogBatch batch = new();
            for (int j = 0; j <= i; j++)
            {
                byte[] payload = Payloads.Of(17 + (11 * j), (i * 10) + j + 1);
                records.Add(payload);
                batch.Add(payload);
            }

            await log.AppendBatchAsync(batch, durability);
        }

        return new Unclosed(
            MemoryDirectory.CopyOf(scratch.CopyTo("killed")), records, before: 3);
    }

    /// <summary>Records of the log if only so many groups of the segment are left.</summary>
    internal int RecordsOf(int groups) =>
        _before + Groups.Take(groups).Sum(g => g.RecordCount);

    /// <summary>The segment with one group zeroed.</summary>
    internal byte[] Without(int group)
    {
        byte[] holed = (byte[])Active.Clone();
        holed.AsSpan((int)Groups[group].Offset, (int)Groups[group].Length).Clear();
        return holed;
    }

    internal void WriteTo(string directory, byte[] active) =>
        _directory.With(_activeName, active).WriteTo(directory);

    /// <summary>
    /// How many records, which must be the right ones; null where it is corruption.
    /// </summary>
    internal async Task<int?> RecoverAsync(byte[] active)
    {
        try
        {
            await using WriteAheadLog log =
                await _directory.With(_activeName, active).OpenAsync();
            List<byte[]> found = LogContents.Read(log);
            LogContents.AssertSame(Records[..found.Count], found);
            Assert.Equal(log.LastSequence, found.Count);
            return found.Count;
        }
        catch (CorruptionException)
        {
            return null;
        }
    }

    private static List<GroupHeader> FindGroups(byte[] segment)
    {
        List<GroupHeader> groups = [];
        for (int at = 4096;
            at < segment.Length
                && GroupHeader.TryRead(segment.AsSpan(at), at, out GroupHeader group);
            at += 4096)
        {
            groups.Add(group);
        }

        return groups;
    }
}
