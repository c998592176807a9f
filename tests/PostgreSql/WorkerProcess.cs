using System.Diagnostics;

namespace LogEngine.PostgreSqlTests;

/// <summary>Another process that works on the same database; killed where it has not ended.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly List<string> _errors = [];

    private WorkerProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(_lines, line.Data);
        _process.ErrorDataReceived += (_, line) => Note(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it has said so far.</summary>
    internal IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    internal int Said
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    internal static WorkerProcess Start(Dictionary<string, string> environment, params string[] arguments)
    {
        ProcessStartInfo start = new(
            DotnetPath, [typeof(WorkerProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The tests' own setting is for tests that block.
        start.Environment["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "2";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new WorkerProcess(start);
    }

    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Lets it come to its end; its exit code, and what it said of errors.</summary>
    internal async Task<(int Code, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        lock (_errors)
        {
            return (_process.ExitCode, string.Join('\n', _errors));
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

    private static string DotnetPath { get; } = Environment.ProcessPath is { } path
        && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    private static void Note(List<string> to, string? line)
    {
        lock (to)
        {
            if (line is not null)
            {
                to.Add(line);
            }
        }
    }
}
