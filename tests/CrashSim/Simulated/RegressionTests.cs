namespace LogEngine.CrashSim.Simulated;

/// <summary>Crash states that once were not treated as promised, each with its story.</summary>
public sealed class RegressionTests
{
    /// <summary>
    /// An oversized record came first, so that the segment begun at opening stayed empty and was
    /// passed over. The next segment was only written, not synced, when truncation freed the one in
    /// between. After a power loss the empty one was the newest header on the disk, its end below
    /// what the manifest attests, and the log was refused as corrupt. Found by a long run over all
    /// sequences of three steps.
    /// </summary>
    [Theory]
    [InlineData("Oversize,Roll,TruncateHalf;seed=301911;direct=True;spares=1")]
    [InlineData("Oversize,Roll,TruncateHalf;seed=301911;direct=False;spares=2")]
    public void A_segment_is_not_freed_before_its_successor_is_durable(string workload) =>
        Search(workload);

    /// <summary>
    /// The simulator forgot that a file which was cut and then allocated again is long again, and
    /// accused the log of losing a record that the disk had.
    /// </summary>
    [Fact]
    public void A_file_that_is_cut_and_allocated_again_is_long() =>
        Search("Three,Kill,Process,Truncate,Roll;seed=1470411753;direct=False;spares=2");

    private static void Search(string text)
    {
        RowResult result = new();
        CrashHunt.Run(Workload.TryParse(text)!, SearchDepth.Full, result);
        Assert.True(!result.HasFailed, string.Join(Environment.NewLine, result.Failures));
        Assert.True(result.States > 100, "hardly a state was tried");
    }
}
