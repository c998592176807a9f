using System.Diagnostics;

namespace LogEngine.Conformance;

/// <summary>The sample workflow, killed over and over, ends as if it had never been.</summary>
public sealed class TaskRunnerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_workflow_that_is_killed_goes_on_where_it_was(int seed)
    {
        using ScratchDirectory scratch = new();
        using Process runner = Process.Start(new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "TaskRunner.dll"),
                scratch.Path,
                "6",
                $"{seed}",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = runner.StandardOutput.ReadToEndAsync();
        string errors = await runner.StandardError.ReadToEndAsync()
            .WaitAsync(TimeSpan.FromMinutes(3));
        await runner.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(runner.ExitCode == 0, await output + errors);
        Assert.Contains("each fetched and counted once", await output, StringComparison.Ordinal);
        Assert.Contains("going on after", await output, StringComparison.Ordinal);
    }
}
