using System.Buffers.Text;
using System.Threading.Channels;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>
/// Appends lines with several in flight: one side reads and appends, the other waits for the
/// acknowledgements in order and prints them.
/// </summary>
internal sealed class AppendRun
{
    private readonly WriteAheadLog _log;
    private readonly LineReader _lines;
    private readonly BufferedOutput _output;
    private readonly AppendOptions _options;
    private readonly SemaphoreSlim _room;
    private readonly Channel<(ValueTask<long> Ack, int Bytes)> _acks;

    internal AppendRun(WriteAheadLog log, Stream input, ToolIO io, AppendOptions options)
    {
        _log = log;
        _lines = new LineReader(input);
        _output = new BufferedOutput(io.Output);
        _options = options;
        _room = new SemaphoreSlim(options.InFlight);
        _acks = Channel.CreateUnbounded<(ValueTask<long> Ack, int Bytes)>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    }

    /// <summary>Records acknowledged.</summary>
    internal long Records { get; private set; }

    /// <summary>Their payload bytes.</summary>
    internal long Bytes { get; private set; }

    /// <summary>
    /// Appends everything; false where it was interrupted. Nothing is in flight on return.
    /// </summary>
    internal async Task<bool> RunAsync(Action<long>? report, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task acknowledging = AcknowledgeAsync(stop);
        try
        {
            await AppendAllAsync(report, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop, or an acknowledgement failed: awaited below, that failure is thrown.
        }
        finally
        {
            _acks.Writer.Complete();
            await acknowledging;
        }

        return !cancellationToken.IsCancellationRequested;
    }

    private async Task AppendAllAsync(Action<long>? report, CancellationToken cancellationToken)
    {
        do
        {
            while (_lines.TryTake(out ReadOnlyMemory<byte> line))
            {
                await _room.WaitAsync(cancellationToken);

                // Without a token: what was taken from the input is appended.
                ValueTask<long> ack = _log.AppendAsync(
                    line, _options.Durability, CancellationToken.None);
                _acks.Writer.TryWrite((ack, line.Length));
            }

            report?.Invoke(_lines.BytesRead);
        }
        while (await _lines.ReadAsync(cancellationToken));
    }

    /// <summary>
    /// Waits for every append; after the first failure only to let go of the others.
    /// </summary>
    private async Task AcknowledgeAsync(CancellationTokenSource stop)
    {
        Exception? failure = null;
        while (await HasMoreAsync(failure is null))
        {
            while (_acks.Reader.TryRead(out (ValueTask<long> Ack, int Bytes) next))
            {
                try
                {
                    if (!next.Ack.IsCompleted && failure is null)
                    {
                        _output.Flush();
                    }

                    Count(await next.Ack, next.Bytes, print: failure is null);
                }
                catch (Exception error)
                {
                    failure ??= error;
                    await stop.CancelAsync();
                }

                _room.Release();
            }
        }

        if (failure is not null)
        {
            throw failure switch
            {
                ClosedOutputException => new IOException(
                    "standard output was closed; not all of the input was appended, "
                    + $"{Records} records were"),
                OutputFailedException output => output.After(
                    $"not all of the input was appended, {Records} records were"),
                _ => failure,
            };
        }

        try
        {
            _output.Flush();
        }
        catch (OutputFailedException output)
        {
            throw output.After($"{Records} records were appended");
        }
    }

    /// <summary>Before it waits, what has been acknowledged is shown.</summary>
    private async ValueTask<bool> HasMoreAsync(bool mayPrint)
    {
        ValueTask<bool> more = _acks.Reader.WaitToReadAsync();
        if (!more.IsCompleted && mayPrint)
        {
            _output.Flush();
        }

        return await more;
    }

    private void Count(long sequence, int bytes, bool print)
    {
        Records++;
        Bytes += bytes;
        if (!_options.PrintAcks || !print)
        {
            return;
        }

        if (_options.AsJson)
        {
            _output.Write(LineOutput.Encode(json => json.WriteNumber("sequence", sequence)));
            return;
        }

        Span<byte> digits = stackalloc byte[21];
        Utf8Formatter.TryFormat(sequence, digits, out int length);
        digits[length] = (byte)'\n';
        _output.Write(digits[..(length + 1)]);
    }
}
