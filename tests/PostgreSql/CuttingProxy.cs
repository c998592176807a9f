using System.Net;
using System.Net.Sockets;

namespace LogEngine.PostgreSqlTests;

/// <summary>Where a connection is cut.</summary>
internal enum Cut
{
    /// <summary>Before the server gets the statements.</summary>
    BeforeServer,

    /// <summary>After the server has got them, before its answer is seen.</summary>
    BeforeAnswer,

    /// <summary>Before the server gets the statements, and once more before the answer to what became of them.</summary>
    BeforeServerAndTheNextAnswer,
}

/// <summary>Stands between client and server, and cuts a connection when it is told to.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly int _server;
    private readonly byte[] _mark;
    private readonly Task _accepting;
    private int _armed = -1;
    private int _cuts;
    private int _question;

    /// <param name="server">The server's port.</param>
    /// <param name="mark">Only what holds these bytes is cut: they name what the test has sent.</param>
    internal CuttingProxy(int server, string mark)
    {
        _server = server;
        _mark = Text.Bytes(mark);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    internal int Cuts => Volatile.Read(ref _cuts);

    /// <summary>The next statements that bear the mark are cut, once.</summary>
    internal void Arm(Cut cut) => Volatile.Write(ref _armed, (int)cut);

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_ended.Token);
                _ = PassAsync(client);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            // The end of the test.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using TcpClient near = client;
        using TcpClient far = new();
        near.NoDelay = true;
        far.NoDelay = true;
        Link link = new();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _server, _ended.Token);
            await Task.WhenAny(
                ForthAsync(near.GetStream(), far.GetStream(), link),
                BackAsync(far.GetStream(), near.GetStream(), link));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or IOException)
        {
            // Either end has gone.
        }
    }

    private async Task ForthAsync(NetworkStream from, NetworkStream to, Link link)
    {
        byte[] buffer = new byte[1 << 20];
        int read;
        while ((read = await from.ReadAsync(buffer, _ended.Token)) > 0)
        {
            if (buffer.AsSpan(0, read).IndexOf(_mark) >= 0)
            {
                int armed = Interlocked.Exchange(ref _armed, -1);
                if (armed >= 0)
                {
                    Interlocked.Increment(ref _cuts);
                }

                Volatile.Write(ref _question, armed == (int)Cut.BeforeServerAndTheNextAnswer ? 1 : 0);
                if (armed is (int)Cut.BeforeServer or (int)Cut.BeforeServerAndTheNextAnswer)
                {
                    return;
                }

                link.DropsAnswer = armed == (int)Cut.BeforeAnswer;
            }
            else if (buffer.AsSpan(0, read).IndexOf(".decide("u8) >= 0)
            {
                link.DropsAnswer = Interlocked.Exchange(ref _question, 0) == 1;
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _ended.Token);
        }
    }

    private async Task BackAsync(NetworkStream from, NetworkStream to, Link link)
    {
        byte[] buffer = new byte[1 << 20];
        int read;
        while ((read = await from.ReadAsync(buffer, _ended.Token)) > 0)
        {
            if (link.DropsAnswer)
            {
                return;
            }

            await to.WriteAsync(buffer.AsMemory(0, read), _ended.Token);
        }
    }

    private sealed class Link
    {
        internal volatile bool DropsAnswer;
    }
}
