using LogEngine.Format;

namespace LogEngine.Properties;

public sealed class DamageProperties
{
    /// <summary>Applied to bytes that mean something.</summary>
    private static readonly byte[] Patterns = [0x01, 0x80, 0x55, 0xFF];

    /// <summary>One byte of padding in sixteen, unless LOGENGINE_EXHAUSTIVE is set.</summary>
    private static readonly int PaddingStep =
        Environment.GetEnvironmentVariable("LOGENGINE_EXHAUSTIVE") is null ? 16 : 1;

    [Fact]
    public async Task Every_changed_byte_of_a_closed_log_is_detected_or_harmless()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await CreateAsync(scratch.Path);
        MemoryDirectory sound = MemoryDirectory.CopyOf(scratch.Path);
        Assert.Equal(Outcome.Harmless, await OutcomeAsync(sound, expected));
        int detected = 0;
        foreach ((string name, byte[] bytes) in sound.Files)
        {
            for (int at = 0; at < bytes.Length; at++)
            {
                foreach (byte pattern in PatternsAt(bytes, at))
                {
                    byte[] changed = (byte[])bytes.Clone();
                    changed[at] ^= pattern;
                    Outcome outcome = await OutcomeAsync(sound.With(name, changed), expected);
                    Assert.True(
                        outcome != Outcome.Wrong,
                        $"{name}[{at}] ^ 0x{pattern:X2} of {bytes.Length} bytes goes unnoticed");
                    detected += outcome == Outcome.Detected ? 1 : 0;
                }
            }
        }

        Assert.True(detected > 1000, $"only {detected} changes were detected");
    }

    [Fact]
    public async Task Every_changed_byte_of_a_record_or_group_header_is_detected()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await CreateAsync(scratch.Path);
        MemoryDirectory sound = MemoryDirectory.CopyOf(scratch.Path);
        foreach ((string name, byte[] bytes) in sound.Files.Where(f => f.Key.EndsWith(
            ".seg", StringComparison.Ordinal)))
        {
            for (int group = 4096; group < bytes.Length; group += 4096)
            {
                if (!GroupHeader.TryRead(bytes.AsSpan(group), group, out GroupHeader header)
                    || header.RecordCount == 0)
                {
                    continue;
                }

                for (int at = group; at < group + header.Length; at++)
                {
                    byte[] changed = (byte[])bytes.Clone();
                    changed[at] ^= 0x04;
                    Assert.True(
                        await OutcomeAsync(sound.With(name, changed), expected)
                            == Outcome.Detected,
                        $"{name}[{at}], byte {at - group} of its group");
                }
            }
        }
    }

    [Fact]
    public async Task Opening_a_damaged_log_for_writing_never_changes_what_it_holds()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await CreateAsync(scratch.Path);
        MemoryDirectory sound = MemoryDirectory.CopyOf(scratch.Path);
        int trial = 0;
        foreach ((string name, byte[] bytes) in sound.Files)
        {
            // A prime step, so that every field is met in some block.
            for (int at = 3; at < bytes.Length; at += bytes[at] != 0 ? 7 : 397)
            {
                byte[] changed = (byte[])bytes.Clone();
                changed[at] ^= 0x20;
                string directory = scratch.Sibling($"trial{trial++}");
                sound.With(name, changed).WriteTo(directory);
                Outcome outcome = await WritableOutcomeAsync(directory, expected);
                Assert.True(outcome != Outcome.Wrong, $"{name}[{at}] ^ 0x20 goes unnoticed");
                Directory.Delete(directory, recursive: true);
            }
        }

        Assert.True(trial > 100);
    }

    private static byte[] PatternsAt(byte[] bytes, int at)
    {
        // The neighbourhood of anything but padding gets all patterns at every byte.
        int from = Math.Max(0, at - 8);
        int to = Math.Min(bytes.Length, at + 8);
        bool meaning = bytes.AsSpan(from..to).ContainsAnyExcept((byte)0);
        return meaning ? Patterns : at % PaddingStep == at / 4096 % PaddingStep ? [0xFF] : [];
    }

    /// <summary>
    /// Two segments, several groups, single records and a batch, an empty one too.
    /// </summary>
    private static async Task<List<byte[]>> CreateAsync(string directory)
    {
        List<byte[]> records = await SmallLogs.CreateAsync(directory, 2, 40);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(directory);
        LogBatch batch = new();
        for (int i = 0; i < 3; i++)
        {
            byte[] payload = Payloads.Of(i * 13, 50 + i);
            records.Add(payload);
            batch.Add(payload);
        }

        await log.AppendBatchAsync(batch);
        records.AddRange(SmallLogs.Append(log, 2, 33, seed: 90));
        return records;
    }

    private static async Task<Outcome> OutcomeAsync(
        MemoryDirectory directory, List<byte[]> expected)
    {
        try
        {
            await using WriteAheadLog log = await directory.OpenAsync();
            return Compare(log, expected);
        }
        catch (LogEngineException error) when (error is not StorageNotFoundException)
        {
            return Outcome.Detected;
        }
    }

    private static async Task<Outcome> WritableOutcomeAsync(
        string directory, List<byte[]> expected)
    {
        try
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(directory);
            return Compare(log, expected);
        }
        catch (LogEngineException)
        {
            return Outcome.Detected;
        }
    }

    private static Outcome Compare(WriteAheadLog log, List<byte[]> expected)
    {
        if (log.FirstSequence != 1 || log.LastSequence != expected.Count)
        {
            return Outcome.Wrong;
        }

        using LogReader reader = log.OpenReader(1);
        int count = 0;
        while (reader.TryRead(out StoredRecord record))
        {
            if (!expected[count++].AsSpan().SequenceEqual(record.Payload))
            {
                return Outcome.Wrong;
            }
        }

        return count == expected.Count ? Outcome.Harmless : Outcome.Wrong;
    }

    private enum Outcome
    {
        Harmless,
        Detected,
        Wrong,
    }
}
