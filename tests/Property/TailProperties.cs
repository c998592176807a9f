using LogEngine.Format;

namespace LogEngine.Properties;

/// <summary>
/// What recovery makes of every way in which the newest segment can have been cut.
/// </summary>
public sealed class TailProperties
{
    [Theory]
    [InlineData(Durability.PowerLoss)]
    [InlineData(Durability.ProcessCrash)]
    public async Task Every_prefix_of_the_active_segment_recovers_to_a_prefix_of_its_groups(
        Durability durability)
    {
        using ScratchDirectory scratch = new();
        Unclosed log = await Unclosed.CreateAsync(scratch, durability);
        for (int length = 4096; length < log.Active.Length; length += Step(log, length))
        {
            byte[] prefix = log.Active[..length];
            int whole = log.Groups.Count(g => g.Offset + g.Length <= length);
            Assert.Equal(
                log.RecordsOf(whole),
                await log.RecoverAsync(prefix) ?? -1);
        }
    }

    [Theory]
    [InlineData(Durability.PowerLoss)]
    [InlineData(Durability.ProcessCrash)]
    public async Task A_prefix_followed_by_zeros_recovers_to_the_same(Durability durability)
    {
        using ScratchDirectory scratch = new();
        Unclosed log = await Unclosed.CreateAsync(scratch, durability);
        for (int length = 4096; length < log.Active.Length; length += Step(log, length))
        {
            byte[] zeroed = (byte[])log.Active.Clone();
            zeroed.AsSpan(length).Clear();
            int? found = await log.RecoverAsync(zeroed);

            // A group whose last bytes are zeros is whole without them.
            int whole = log.Groups.Count(g => g.Offset + g.Length <= length);
            int atMost = log.Groups.Count(g => g.Offset < length);
            Assert.InRange(found ?? -1, log.RecordsOf(whole), log.RecordsOf(atMost));
        }
    }

    [Fact]
    public async Task A_missing_group_below_a_mark_is_corruption()
    {
        using ScratchDirectory scratch = new();
        Unclosed log = await Unclosed.CreateAsync(scratch, Durability.PowerLoss);
        for (int missing = 0; missing < log.Groups.Count - 1; missing++)
        {
            byte[] holed = log.Without(missing);
            Assert.Null(await log.RecoverAsync(holed));
        }
    }

    [Fact]
    public async Task A_missing_group_above_every_mark_ends_the_log()
    {
        using ScratchDirectory scratch = new();
        Unclosed log = await Unclosed.CreateAsync(scratch, Durability.ProcessCrash);
        for (int missing = 0; missing < log.Groups.Count; missing++)
        {
            Assert.Equal(
                log.RecordsOf(missing), await log.RecoverAsync(log.Without(missing)) ?? -1);
        }
    }

    [Fact]
    public async Task Every_changed_byte_of_the_last_group_drops_that_group_alone()
    {
        using ScratchDirectory scratch = new();
        Unclosed log = await Unclosed.CreateAsync(scratch, Durability.PowerLoss);
        GroupHeader last = log.Groups[^1];
        for (long at = last.Offset; at < last.Offset + last.Length; at++)
        {
            byte[] changed = (byte[])log.Active.Clone();
            changed[at] ^= 0x40;
            Assert.Equal(log.RecordsOf(log.Groups.Count - 1), await log.RecoverAsync(changed));
        }
    }

    [Fact]
    public async Task Opening_for_writing_recovers_every_prefix_as_reading_does_and_goes_on()
    {
        using ScratchDirectory scratch = new();
        Unclosed log = await Unclosed.CreateAsync(scratch, Durability.PowerLoss);
        for (int length = 4096; length < log.Active.Length; length += 509)
        {
            string directory = scratch.Sibling($"prefix{length}");
            log.WriteTo(directory, log.Active[..length]);
            int records = log.RecordsOf(
                log.Groups.Count(g => g.Offset + g.Length <= length));
            await using (WriteAheadLog opened = await SmallLogs.OpenAsync(directory))
            {
                LogContents.AssertSame(log.Records[..records], LogContents.Read(opened));
                Assert.Equal(records + 1, opened.Append([1, 2, 3]));
            }

            List<byte[]> again = await LogContents.ReadAsync(directory);
            LogContents.AssertSame([.. log.Records[..records], [1, 2, 3]], again);
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Every byte where something stands, else coarse steps.</summary>
    private static int Step(Unclosed log, int length) =>
        log.Groups.Any(g => length >= g.Offset - 2 && length <= g.Offset + g.Length + 1) ? 1 : 251;
}
