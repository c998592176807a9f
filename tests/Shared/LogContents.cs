namespace LogEngine.Tests;

/// <summary>Reading whole logs, for comparing them with what was appended.</summary>
internal static class LogContents
{
    /// <summary>All records from a sequence on, which must be dense.</summary>
    internal static List<byte[]> Read(
        WriteAheadLog log, long from = 0, ReadUpTo upTo = ReadUpTo.Durable)
    {
        long next = from == 0 ? log.FirstSequence : from;
        using LogReader reader = log.OpenReader(next, new LogReaderOptions { UpTo = upTo });
        List<byte[]> records = [];
        while (reader.TryRead(out StoredRecord record))
        {
            Assert.Equal(next++, record.Sequence);
            records.Add(record.Payload.ToArray());
        }

        return records;
    }

    /// <summary>All records of a directory, opened read-only.</summary>
    internal static async Task<List<byte[]>> ReadAsync(string directory)
    {
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory, new WriteAheadLogOptions { ReadOnly = true });
        return Read(log);
    }

    /// <summary>Same records, in the same order, with the same bytes.</summary>
    internal static void AssertSame(IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            if (!expected[i].AsSpan().SequenceEqual(actual[i]))
            {
                Assert.Fail(
                    $"record {i} of {expected.Count}: {expected[i].Length} bytes appended, "
                    + $"{actual[i].Length} other bytes read");
            }
        }
    }
}
