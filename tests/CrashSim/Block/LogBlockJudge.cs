using LogEngine.CrashSim.Kernel;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Block;

/// <summary>Recovers a log.</summary>
internal sealed class LogBlockJudge(Mount memory, IoMode mode) : BlockJudge<Expectation>(memory)
{
    private protected override async Task<Expectation> RecoverAsync(
        Mount mount, Expectation expected, string where, Func<Func<ValueTask>, Task> end)
    {
        WriteAheadLog log;
        try
        {
            log = await WriteAheadLog.OpenAsync(
                mount[BlockWorkload.Directory], BlockWorkload.Options(mode));
        }
        catch (LogEngineException refused)
        {
            throw new InvalidOperationException($"{where}: {refused.Message}", refused);
        }

        RecoveredState found = LogProbe.Read(log, expected.Era);
        await end(log.CloseAsync);
        string? problem = expected.Violation(found, killOnly: false);
        Assert.True(problem is null, $"{where}: {problem}");
        return expected with { Durable = found.Last, Submitted = found.Last };
    }
}
