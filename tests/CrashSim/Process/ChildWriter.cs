using System.Diagnostics;

namespace LogEngine.CrashSim.Processes;

/// <summary>A process that appends to a log and says what was acknowledged.</summary>
internal sealed class ChildWriter : IDisposable
{
    private readonly System.Diagnostics.Process _process;
    private readonly TaskCompletionSource _ready =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

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
        _process = System.Diagnostics.Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
        _lines = ReadLinesAsync();
    }

    /// <summary>The log is open; ended means never.</summary>
    internal Task Ready => Task.WhenAny(_ready.Task, _lines);

    internal bool HasExited => _process.HasExited;

    internal int Id => _process.Id;

    /// <summary>Waits until it has said a line that begins like this.</summary>
    /// <param name="start">How the line begins.</param>
    /// <param name="count">The so-many-th such line.</param>
    internal Task SaysAsync(string start, int count = 1) => Eventually.IsTrueAsync(
        () => _lines.IsCompleted || CountOf(start) >= count, $"the writer says '{start}'");

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
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return await _lines.Soon();
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

                if (line.StartsWith("ready", StringComparison.Ordinal))
                {
                    _ready.TrySetResult();
                }
            }
        }

        // What is left was cut off by the kill.
        return _said;
    }
}
