using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Npgsql;

namespace LogEngine.Tests;

/// <summary>
/// A real server, of the Debian package postgresql-15 or another one that is installed: in a scratch folder, as an
/// ordinary user, on a free port of 127.0.0.1. It is ended by its process id.
/// </summary>
internal sealed partial class PostgreServer : IAsyncDisposable
{
    private const int Kill = 9;
    private const int Interrupt = 2;
    private const int Stop = 19;
    private const int Continue = 18;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Of a program that is waited for.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly string _root;
    private readonly List<string> _settings;
    private Process? _process;

    private PostgreServer(string root, int port, IEnumerable<string> settings)
    {
        _root = root;
        Port = port;
        _settings = [.. settings];
    }

    internal int Port { get; }

    internal string Data => Path.Combine(_root, "data");

    /// <summary>How to reach it, as its owner.</summary>
    internal string ConnectionString => string.Create(
        CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={Port};Username=owner;Database=postgres;Timeout=5;SSL Mode=Disable");

    /// <summary>Why there can be none on this machine; null where there can.</summary>
    internal static string? WhyNot() => !OperatingSystem.IsLinux()
        ? "a PostgreSQL server of its own needs Linux"
        : Folder is null ? "PostgreSQL is not installed (Debian package postgresql-15)"
        : Environment.IsPrivilegedProcess && User is null
            ? "PostgreSQL does not run as root, and there is no other user"
            : null;

    /// <summary>A new cluster, running.</summary>
    internal static async Task<PostgreServer> StartNewAsync(params string[] settings)
    {
        PostgreServer server = New(settings, null);
        return await StartedAsync(server, () => Run(
            "initdb", "-D", server.Data, "-A", "trust", "-U", "owner", "--no-sync", "-E", "UTF8",
            "--locale=C"));
    }

    /// <summary>A standby of another one, running.</summary>
    internal static async Task<PostgreServer> StartStandbyAsync(
        PostgreServer of, string name, int? port = null)
    {
        PostgreServer standby = New([.. of._settings], port);
        return await StartedAsync(standby, () => standby.CopyFrom(of, name));
    }

    /// <summary>One that does not start leaves neither a process nor its folder.</summary>
    private static async Task<PostgreServer> StartedAsync(PostgreServer server, Action make)
    {
        try
        {
            make();
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, and waits until it takes connections.</summary>
    internal async Task StartAsync()
    {
        List<string> arguments =
        [
            "-D", Data,
            "-p", Port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=",
            "-c", "max_connections=120",
            "-c", "shared_buffers=64MB",
            "-c", "wal_log_hints=on",
            "-c", "log_min_messages=warning",
        ];
        foreach (string setting in _settings)
        {
            arguments.AddRange(["-c", setting]);
        }

        ProcessStartInfo start = StartInfo("postgres", arguments);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await WaitReadyAsync();
    }

    /// <summary>Last lines of its log.</summary>
    internal string Tail
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    private readonly Queue<string> _lines = new();

    private void Note(string? line)
    {
        lock (_lines)
        {
            if (line is not null)
            {
                _lines.Enqueue(line);
                if (_lines.Count > 40)
                {
                    _lines.Dequeue();
                }
            }
        }
    }

    /// <summary>kill -9 of the server and all its children, at once.</summary>
    internal async Task KillAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        // The first one first: it would start others in the place of those that are gone.
        int[] children = Children(process.Id);
        Send(process.Id, Kill);
        foreach (int child in children)
        {
            Send(child, Kill);
        }

        await process.WaitForExitAsync().WaitAsync(Patience);
        foreach (int child in children)
        {
            await EndedAsync(child);
        }

        _process = null;
    }

    /// <summary>Stops all of it where it stands; it answers nothing any more.</summary>
    internal void Freeze()
    {
        int[] children = Children(_process!.Id);
        Send(_process.Id, Stop);
        Array.ForEach(children, child => Send(child, Stop));
    }

    /// <summary>Lets it go on.</summary>
    internal void Thaw()
    {
        Array.ForEach(Children(_process!.Id), child => Send(child, Continue));
        Send(_process.Id, Continue);
    }

    /// <summary>Ends it as an administrator does.</summary>
    internal async Task StopAsync()
    {
        if (_process is { } process)
        {
            Send(process.Id, Interrupt);
            await process.WaitForExitAsync().WaitAsync(Patience);
            _process = null;
        }
    }

    /// <summary>Makes a standby the primary.</summary>
    internal void Promote() => Run("pg_ctl", "promote", "-w", "-D", Data);

    /// <summary>
    /// Makes what was a primary and was killed a standby of another one: rewound, or copied anew where that does not go.
    /// </summary>
    internal async Task FollowAsync(PostgreServer primary, string name)
    {
        await primary.ExecuteAsync("checkpoint");

        // A clean end first: rewinding needs one.
        Try("postgres", "--single", "-D", Data, "postgres");
        bool rewound = Try(
            "pg_rewind", "-D", Data, "-R", "--source-server",
            $"host=127.0.0.1 port={primary.Port} user=owner dbname=postgres application_name={name}") == 0;
        if (rewound)
        {
            // What is taken over from the new primary names its own standbys; none of this one's.
            await File.AppendAllTextAsync(
                Path.Combine(Data, "postgresql.auto.conf"),
                $"primary_conninfo = 'host=127.0.0.1 port={primary.Port} user=owner application_name={name}'\n");
        }
        else
        {
            Directory.Delete(Data, recursive: true);
            CopyFrom(primary, name);
        }

        await StartAsync();
    }

    /// <summary>Runs a statement as the owner.</summary>
    internal async Task ExecuteAsync(string statement)
    {
        await using NpgsqlConnection connection = new(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(statement, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Asks something as the owner.</summary>
    internal async Task<T> AskAsync<T>(string question)
    {
        await using NpgsqlConnection connection = new(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(question, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static string? Folder { get; } = FindFolder();

    /// <summary>Whom it runs as, where the tests are root.</summary>
    private static string? User { get; } = File.Exists("/etc/passwd")
        ? Array.Find(
            ["postgres", "nobody"],
            name => File.ReadLines("/etc/passwd").Any(
                line => line.StartsWith($"{name}:", StringComparison.Ordinal)))
        : null;

    /// <summary>A port that nobody listens on.</summary>
    internal static int FreePort()
    {
        using TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    private static PostgreServer New(string[] settings, int? port)
    {
        string root = Directory.CreateTempSubdirectory("logengine-pg-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            Tools.Run("chown", User!, root);
        }

        return new PostgreServer(root, port ?? FreePort(), settings);
    }

    private void CopyFrom(PostgreServer primary, string name) => Run(
        "pg_basebackup", "-D", Data, "-X", "stream", "-c", "fast", "-R", "-d",
        $"host=127.0.0.1 port={primary.Port} user=owner application_name={name}");

    /// <summary>Where all of its programs are: Debian's place, else that of initdb itself, whatever leads to it.</summary>
    private static string? FindFolder()
    {
        const string Debian = "/usr/lib/postgresql";
        IEnumerable<string> versions = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).OrderDescending(StringComparer.Ordinal)
                .Select(version => Path.Combine(version, "bin"))
            : [];
        string? linked = Tools.Find("initdb");
        return versions
            .Append(linked is null ? "" : Path.GetDirectoryName(
                File.ResolveLinkTarget(linked, returnFinalTarget: true)?.FullName ?? linked)!)
            .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "pg_basebackup")));
    }

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments)
    {
        string path = Path.Combine(Folder!, program);
        string[] all = Environment.IsPrivilegedProcess
            ? [$"--reuid={User}", $"--regid={GroupOf(User!)}", "--clear-groups", path, .. arguments]
            : [.. arguments];
        ProcessStartInfo start = new(Environment.IsPrivilegedProcess ? "setpriv" : path, all)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    private static string GroupOf(string user) => File.ReadLines("/etc/passwd")
        .First(line => line.StartsWith($"{user}:", StringComparison.Ordinal)).Split(':')[3];

    private static void Run(string program, params string[] arguments)
    {
        (int code, string output) = Finish(program, arguments);
        if (code != 0)
        {
            throw new InvalidOperationException($"{program} ended with {code}: {output}");
        }
    }

    private static int Try(string program, params string[] arguments) => Finish(program, arguments).Code;

    private static (int Code, string Output) Finish(string program, string[] arguments)
    {
        using Process process = Process.Start(StartInfo(program, arguments))!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} has not ended within {Longest}.");
        }

        return (process.ExitCode, output.Result + errors.Result);
    }

    private async Task WaitReadyAsync()
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (true)
        {
            if (_process!.HasExited)
            {
                throw new InvalidOperationException($"The server did not start: {Tail}");
            }

            try
            {
                await using NpgsqlConnection connection = new(ConnectionString + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (waited.Elapsed < Patience)
            {
                await Task.Delay(20);
            }
        }
    }

    private static int[] Children(int of)
    {
        string path = $"/proc/{of}/task/{of}/children";
        return File.Exists(path)
            ? [.. File.ReadAllText(path).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture))]
            : [];
    }

    private static async Task EndedAsync(int id)
    {
        for (int i = 0; i < 500 && Directory.Exists($"/proc/{id}") && !IsZombie(id); i++)
        {
            await Task.Delay(10);
        }
    }

    private static bool IsZombie(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static void Send(int id, int signal) => _ = SendSignal(id, signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int id, int signal);
}
