using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Processes;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.Block;

/// <summary>Recovers an engine.</summary>
internal sealed class EngineBlockJudge(Mount memory, IoMode mode)
    : BlockJudge<EngineExpectation>(memory)
{
    private protected override async Task<EngineExpectation> RecoverAsync(
        Mount mount, EngineExpectation expected, string where, Func<Func<ValueTask>, Task> end)
    {
        EmbeddedEngine engine;
        try
        {
            engine = await ChildEngine.OpenAsync(mount[EngineBlockWorkload.Directory], mode);
        }
        catch (LogEngineException refused)
        {
            throw new InvalidOperationException($"{where}: {refused.Message}", refused);
        }

        EngineState found = EngineProbe.Read(engine) with
        {
            Sequence = engine.Recovery.LastSequence,
        };
        string? problem = EngineAudit.Violation(engine, swept: true)
            ?? expected.Violation(found, killOnly: false);
        await end(engine.CloseAsync);
        Assert.True(problem is null, $"{where}: {problem}");
        return new EngineExpectation(
            new EngineEra(EngineModel.Of(found), found.Sequence),
            Submitted: 0,
            found.Sequence,
            found.Sequence,
            expected.LatestTicks);
    }
}
