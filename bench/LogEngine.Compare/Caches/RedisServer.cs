using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace LogEngine.Compare.Caches;

/// <summary>A Redis of our own on a free port of the loopback, that keeps nothing; ended by its id.</summary>
internal sealed class RedisServer : IDisposable
{
    private const string Program = "redis-server";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private RedisServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    internal int Port { get; }

    /// <summary>Why there can be none; null where there can.</summary>
    internal static string? WhyNot() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, Program)))
                ? null
                : $"{Program} is not installed";

    /// <summary>Starts it and waits until it can be connected to.</summary>
    internal static async Task<RedisServer> StartAsync(string directory)
    {
        int port = FreePort();
        Process process = Process.Start(new ProcessStartInfo(Program)
        {
            ArgumentList =
            {
                "--port", port.ToString(CultureInfo.InvariantCulture),
                "--bind", "127.0.0.1",
                "--save", "",
                "--appendonly", "no",
                "--dir", directory,
                "--logfile", Path.Combine(directory, "redis.log"),
            },
        })!;
        RedisServer server = new(process, port);
        long begun = Stopwatch.GetTimestamp();
        while (!await server.AnswersAsync())
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(begun) > StartTimeout)
            {
                server.Dispose();
                throw new InvalidOperationException($"{Program} did not start on port {port}.");
            }

            await Task.Delay(20);
        }

        return server;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        using TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
