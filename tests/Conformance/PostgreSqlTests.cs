using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance;

/// <summary>A server that the cases of a class share.</summary>
public sealed class PostgreFixture : IAsyncLifetime
{
    private PostgreServer? _server;

    internal PostgreServer Server
    {
        get
        {
            Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
            return _server!;
        }
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (PostgreServer.WhyNot() is null)
        {
            // A kill takes nothing from the system: only a power loss would tell the difference.
            _server = await PostgreServer.StartNewAsync("fsync=off");
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

/// <summary>Runs the cases that are about no more than the contract on PostgreSQL.</summary>
public sealed class PostgreSqlTests(PostgreFixture fixture) : IClassFixture<PostgreFixture>
{
    private static readonly IReadOnlyDictionary<string, StoreCase> Cases =
        StoreCase.Of<StoreSession>();

    /// <summary>Cases that need an engine that only one process has.</summary>
    private static readonly string[] CasesLeftOut =
    [
        "Leftovers_of_a_crashed_put_are_swept_and_do_no_harm",
        "Staged_content_that_a_crash_has_orphaned_is_swept",
    ];

    public static TheoryData<string> OfTheContract =>
    [
        .. Cases.Values
            .Where(found => !found.Embedded && !CasesLeftOut.Contains(found.Name))
            .Select(found => found.Name).Order(),
    ];

    [SkippableTheory]
    [MemberData(nameof(OfTheContract))]
    public Task On_PostgreSQL(string name) => RunAsync(fixture, PostgreStep.Reopen, name);

    [SkippableTheory]
    [MemberData(nameof(OfTheContract))]
    public Task On_PostgreSQL_that_two_processes_share(string name) =>
        RunAsync(fixture, PostgreStep.OtherProcess, name);

    internal static async Task RunAsync(PostgreFixture fixture, PostgreStep step, string name)
    {
        await using StoreSession session = await PostgreSession.OpenAsync(fixture.Server, step);
        await ((Func<StoreSession, Task>)Cases[name].Body)(session).WaitAsync(TimeSpan.FromMinutes(2));
    }
}

/// <summary>The same, with a server of their own that is killed between the steps of each case.</summary>
public sealed class PostgreSqlKilledTests(PostgreFixture fixture) : IClassFixture<PostgreFixture>
{
    /// <summary>
    /// A kill may take back a removal that was not waited for; what a failed upload has left is then removed after
    /// a time only, since another process may be at it.
    /// </summary>
    private const string CountsKeysAfterIt = "A_failed_put_leaves_the_old_state_and_no_litter";

    public static TheoryData<string> Killed =>
    [
        .. ((IEnumerable<object[]>)PostgreSqlTests.OfTheContract)
            .Select(row => (string)row[0]).Where(name => name != CountsKeysAfterIt),
    ];

    [SkippableTheory]
    [MemberData(nameof(Killed))]
    public Task On_PostgreSQL_whose_server_is_killed_between_steps(string name) =>
        PostgreSqlTests.RunAsync(fixture, PostgreStep.KillServer, name);
}
