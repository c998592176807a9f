namespace LogEngine.Platforms;

/// <summary>Linux on arm64, as far as an emulated processor is like one.</summary>
public sealed class ArmTests
{
    [SkippableFact]
    public async Task I3_The_code_for_this_processor_gives_the_same_results() =>
        await Arm.Require().RunTestsAsync(
            [
                "LogEngine.Unit.Index.HeadSearchTests",
                "LogEngine.Unit.Format.Crc32CTests",
                "LogEngine.Unit.Storage.LinuxStatTests",
                "LogEngine.Unit.Storage.FileLockTests",
            ]);

    [SkippableFact]
    public async Task A_killed_writer_leaves_what_it_acknowledged()
    {
        Arm arm = Arm.Require();
        PlatformTests.RequireLongRun();

        await PlatformTests.KillAsync(arm);
    }

    [SkippableFact]
    public async Task An_engine_lives_through_segments_snapshots_and_compaction() =>
        await PlatformTests.ShopAsync(Arm.Require(), "Arm64");

    [SkippableFact]
    public async Task Unit_tests_of_whole_namespaces_pass() =>
        await PlatformTests.RunNamespacesAsync(Arm.Require(), [], []);
}
