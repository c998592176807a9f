namespace LogEngine.Platforms;

/// <summary>Windows, as far as Wine is like it.</summary>
public sealed class WindowsTests
{
    /// <summary>
    /// Tests that are left out under Wine, and why. None of them is left out on Windows.
    /// </summary>
    private static readonly string[] _notUnderWine =
    [
        // Wine 8 knows neither FileRenameInfoEx nor FileDispositionInfoEx, and its MoveFileEx refuses to
        // replace a file that anybody has open, whatever is shared.
        "H1_A_file_is_replaced_while_others_read_it",
        "H1_Who_has_a_replaced_file_open_keeps_what_it_has",
        "H4_A_removed_name_can_be_given_again_while_the_file_is_open",
        "Load_of_a_file_opened_before_its_replacement_keeps_the_old_content",
        "A_sweeper_between_creating_and_locking_costs_only_a_new_name",

        // A symbolic link that is made under Wine 8 leads nowhere, or is a file of its own.
        "A_lock_is_refused_under_another_name_of_the_same_file",
    ];

    private static readonly string[] _classesNotUnderWine = [];

    [SkippableFact]
    public async Task H1_H4_Files_names_and_locks_keep_to_the_contract()
    {
        Wine wine = await Wine.RequireAsync();

        await wine.RunTestsAsync(
            [
                "LogEngine.Unit.Storage.FileLockTests",
                "LogEngine.Unit.Storage.OpenNamesTests",
                "LogEngine.Unit.Storage.RealFileSystemTests",
                "LogEngine.Unit.Storage.StorageFileTests",
                "LogEngine.Unit.Storage.SnapshotFileTests",
                "LogEngine.Unit.Storage.ProbeTests",
                "LogEngine.Unit.Storage.WindowsRulesTests",
            ],
            _notUnderWine);
    }

    [SkippableFact]
    public async Task H2_A_killed_writer_is_not_believed_in() =>
        await PlatformTests.KillAsync(await Wine.RequireAsync());

    [SkippableFact]
    public async Task An_engine_lives_through_segments_snapshots_and_compaction() =>
        await PlatformTests.ShopAsync(await Wine.RequireAsync(), "X64");

    [SkippableFact]
    public async Task Unit_tests_of_whole_namespaces_pass() =>
        await PlatformTests.RunNamespacesAsync(
            await Wine.RequireAsync(), _notUnderWine, _classesNotUnderWine);
}
