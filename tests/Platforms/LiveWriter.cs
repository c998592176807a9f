using System.Diagnostics;
using System.Globalization;

namespace LogEngine.Platforms;

/// <summary>A process that appends for ever, and what it has acknowledged.</summary>
internal sealed class LiveWriter : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;

    private LiveWriter(Process process) => _process = process;

    internal long Acknowledged { get; private set; }

    /// <summary>Starts it and waits for so many acknowledgements.</summary>
    internal static async Task<LiveWriter> StartAsync(
        Emulation on, string directory, int acknowledgements)
    {
        LiveWriter writer = new(await on.StartAsync("write", on.PathOf(directory)));
        try
        {
            string? first = await writer.LineAsync();
            Assert.StartsWith("opened", first, StringComparison.Ordinal);
            for (int i = 0; i < acknowledgements; i++)
            {
                writer.Acknowledged = long.Parse(
                    (await writer.LineAsync())!, CultureInfo.InvariantCulture);
            }

            return writer;
        }
        catch
        {
            string errors = writer._process.HasExited
                ? await writer._process.StandardError.ReadToEndAsync()
                : string.Empty;
            writer.Dispose();
            Assert.Fail($"the writer did not write: {errors}");
            throw;
        }
    }

    /// <summary>Ends it as kill -9 does, and takes note of what it said last.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(_patience);
        while (await LineAsync() is { Length: > 0 } line
            && long.TryParse(line, CultureInfo.InvariantCulture, out long sequence))
        {
            Acknowledged = Math.Max(Acknowledged, sequence);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private Task<string?> LineAsync() =>
        _process.StandardOutput.ReadLineAsync().WaitAsync(_patience);
}
