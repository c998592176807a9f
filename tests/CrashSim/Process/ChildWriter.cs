using System.Diagnostics;

namespace LogEngine.CrashSim.Processes;

/// <summary>A process that appends to a log and says what was acknowledged.</summary>
internal sealed class ChildWriter : IDisposable
{
    private readonly System.Diagnostics.Process _process;
    /// <summary>A writer that says nothing for so long hangs, however busy the machine is.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _said = [];
    private readonly Task<List<string>> _lines;
    private readonly Task<string> _errors;

    private ChildWriter(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_TieredCompilation"] = "1";

        // The runtime's double mapping of its code would meet the limits that some tests set.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        _process = Tools.Start(start);
        _errors = _process.StandardError.ReadToEndAsync();
        _lines = ReadLinesAsync();
    }

    internal bool HasExited => _process.HasExited;

    internal int Id => _process.Id;

    /// <summary>Waits until it is open, or has ended.</summary>
    internal Task OpensAsync() => SaysAsync("ready");

    /// <summary>Waits until it has said a line that begins like this, or has ended.</summary>
    /// <param name="start">How the line begins.</param>
    /// <param name="count">The so-many-th such line.</param>
    internal async Task SaysAsync(string start, int count = 1)
    {
        int heard = Count;
        long since = Stopwatch.GetTimestamp();
        while (!_lines.IsCompleted && CountOf(start) < count)
        {
            await Task.Delay(5);
            if (Count > heard)
            {
                heard = Count;
                since = Stopwatch.GetTimestamp();
            }

            Assert.True(
                Stopwatch.GetElapsedTime(since) < _patience,
                $"the writer has said nothing for {_patience}, and '{start}' less than {count} times");
        }
    }

    /// <summary>Lines so far.</summary>
    internal int Count
    {
        get
        {
            lock (_said)
            {
                return _said.Count;
            }
        }
    }

    /// <summary>Lines so far that begin like this.</summary>
    internal int CountOf(string start)
    {
        lock (_said)
        {
            return _said.Count(l => l.StartsWith(start, StringComparison.Ordinal));
        }
    }

    /// <summary>Lines so far.</summary>
    internal List<string> Said()
    {
        lock (_said)
        {
            return [.. _said];
        }
    }

    /// <summary>What it wrote to standard error.</summary>
    internal Task<string> ErrorsAsync() => _errors;

    internal static ChildWriter Start(params string[] arguments) =>
        new(DotnetPath, [WriterPath, .. arguments]);

    /// <summary>Under another program that runs it, such as a tracer.</summary>
    internal static ChildWriter StartUnder(
        string program, IEnumerable<string> before, params string[] arguments) =>
        new(program, [.. before, DotnetPath, WriterPath, .. arguments]);

    /// <summary>Kills it as the kernel would; gives every whole line it had written.</summary>
    internal Task<List<string>> KillAsync()
    {
        _process.Kill();
        return EndAsync();
    }

    /// <summary>Ends its standard input, at which a steady writer closes its log.</summary>
    internal Task<List<string>> StopAsync()
    {
        _process.StandardInput.Close();
        return EndAsync();
    }

    /// <summary>Waits for its end; gives every whole line it had written.</summary>
    internal async Task<List<string>> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(_patience);
        return await _lines.WaitAsync(_patience);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static string DotnetPath { get; } = Environment.ProcessPath is { } path
        && Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? path
            : "dotnet";

    private static string WriterPath { get; } =
        Path.Combine(AppContext.BaseDirectory, "LogEngine.CrashSim.Writer.dll");

    private async Task<List<string>> ReadLinesAsync()
    {
        System.Text.StringBuilder text = new();
        char[] buffer = new char[4096];
        int read;
        while ((read = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            foreach (char c in buffer.AsSpan(0, read))
            {
                if (c != '\n')
                {
                    text.Append(c);
                    continue;
                }

                string line = text.ToString();
                text.Clear();
                lock (_said)
                {
                    _said.Add(line);
                }
            }
        }

        // What is left was cut off by the kill.
        return _said;
    }
}
