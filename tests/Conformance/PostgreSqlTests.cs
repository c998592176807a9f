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

/// <summary>
/// The contract on PostgreSQL. What is left out this engine does not have, and says so: docs/postgresql.md, 'What is not
/// there'.
/// </summary>
[LeavesOut("Leftovers_of_a_crashed_put_are_swept_and_do_no_harm", Shared)]
[LeavesOut("Staged_content_that_a_crash_has_orphaned_is_swept", Shared)]
public sealed class PostgreSqlTests(PostgreFixture fixture)
    : EngineConformance, IClassFixture<PostgreFixture>
{
    internal const string Shared =
        "what an upload has left is removed after a time only, since another process may be at it";

    protected override ConformanceSession NewSession() =>
        new PostgreSession(fixture.Server, PostgreStep.Reopen);
}

/// <summary>The same, where each step goes on in another process.</summary>
[LeavesOut("Leftovers_of_a_crashed_put_are_swept_and_do_no_harm", PostgreSqlTests.Shared)]
[LeavesOut("Staged_content_that_a_crash_has_orphaned_is_swept", PostgreSqlTests.Shared)]
public sealed class PostgreSqlSharedTests(PostgreFixture fixture)
    : EngineConformance, IClassFixture<PostgreFixture>
{
    protected override ConformanceSession NewSession() =>
        new PostgreSession(fixture.Server, PostgreStep.OtherProcess);
}

/// <summary>The same, with a server of their own that is killed between the steps of each case.</summary>
[LeavesOut("Leftovers_of_a_crashed_put_are_swept_and_do_no_harm", PostgreSqlTests.Shared)]
[LeavesOut("Staged_content_that_a_crash_has_orphaned_is_swept", PostgreSqlTests.Shared)]
[LeavesOut(
    "A_failed_put_leaves_the_old_state_and_no_litter",
    "a kill may take back a removal that was not waited for, and it counts keys")]
public sealed class PostgreSqlKilledTests(PostgreFixture fixture)
    : EngineConformance, IClassFixture<PostgreFixture>
{
    protected override ConformanceSession NewSession() =>
        new PostgreSession(fixture.Server, PostgreStep.KillServer);
}
