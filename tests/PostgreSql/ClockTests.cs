namespace LogEngine.PostgreSqlTests;

/// <summary>Clocks of programs that are hours away from the server's.</summary>
public sealed class ClockTests(OneServer fixture) : IClassFixture<OneServer>
{
    private static readonly string Faketime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

    [SkippableTheory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Time_is_the_servers_whatever_an_engines_clock_says(int hours)
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine other = await PostgreSqlEngine.OpenAsync(options);
        await ClockScript.RunAsync(
            options with { TimeProvider = new SkewedTime(TimeSpan.FromHours(hours)) }, other);
    }

    [SkippableTheory]
    [InlineData("+5h")]
    [InlineData("-5h")]
    public async Task Time_is_the_servers_whatever_the_clock_of_a_process_says(string clock)
    {
        PostgreSqlEngineOptions options = fixture.Options();
        Skip.IfNot(File.Exists(Faketime), "libfaketime is not installed");
        using WorkerProcess worker = WorkerProcess.Start(
            new() { ["LD_PRELOAD"] = Faketime, ["FAKETIME"] = clock },
            "clock", options.ConnectionString, options.Schema);
        (int code, string said) = await worker.EndAsync();
        Assert.True(code == 0, said);
        string hour = worker.Lines.Single(line => line.StartsWith("clock ", StringComparison.Ordinal))[6..];
        TimeSpan away = DateTimeOffset.Parse(hour, System.Globalization.CultureInfo.InvariantCulture)
            - DateTimeOffset.UtcNow;
        Assert.InRange(Math.Abs(away.TotalHours), 4.9, 5.1);
    }
}
