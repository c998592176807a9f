namespace LogEngine.CrashSim.Simulated;

/// <summary>One failing workload again: the line that a failure prints.</summary>
public sealed class ReproductionTests
{
    [SkippableFact]
    public void The_workload_in_LOGENGINE_FAULT_SEED_holds()
    {
        string? text = Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SEED");
        Workload? workload = Workload.TryParse(text);
        Skip.If(workload is null, "LOGENGINE_FAULT_SEED names no workload");
        RowResult result = new();
        CrashHunt.Run(workload, SearchDepth.Full, result);
        Assert.True(!result.HasFailed, string.Join(Environment.NewLine, result.Failures));
    }

    [Fact]
    public void A_workload_is_read_back_as_it_was_written()
    {
        Workload workload = new([LogStep.Power, LogStep.Kill], 42)
        {
            Direct = false,
            Spares = 3,
            FromCreation = true,
        };
        Assert.Equal(workload.ToString(), Workload.TryParse(workload.ToString())!.ToString());
        Assert.Null(Workload.TryParse("17"));
    }

    [Fact]
    public void Rows_about_snapshots_do_not_concern_a_log()
    {
        const string Reason = "a log has no snapshots: rows of the engine";
        FaultReport.Row(34, "S", 0, 0, 0, Reason);
        FaultReport.Row(35, "S", 0, 0, 0, Reason);
        Assert.DoesNotContain(
            typeof(WriteAheadLog).GetMethods(),
            m => m.Name.Contains("Snapshot", StringComparison.Ordinal));
    }
}
