using System.CommandLine;
using System.Diagnostics;
using System.Text;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli.Live;

/// <summary>`top`: what is in a store, and how fast it changes.</summary>
internal static class TopCommand
{
    /// <summary>The screen of its own that a terminal has beside its history, begun and left.</summary>
    private const string Enter = "\e[?1049h\e[?25l";
    private const string Leave = "\e[?25h\e[?1049l";

    private const string Home = "\e[H";
    private const string ClearLine = "\e[K";
    private const string ClearBelow = "\e[J";

    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(2);

    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EnginePlace();
        Option<TimeSpan?> interval = NumberOption.Seconds(
            "--interval", "Seconds between two looks; 2 if not given.", least: 0.1);
        Option<int?> samples = NumberOption.Whole(
            "--samples",
            "How many looks; without end on a terminal, else one, if not given.",
            1,
            int.MaxValue);
        Command command = new(
            "top",
            "Shows what is in a storage engine or a log, and how fast it changes, until Ctrl-C; once where "
            + "standard output is no terminal. Read-only, also beside a writer.")
        {
            directory, interval, samples,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            bool isLive = io.OutputIsTerminal && !parsed.WantsJson();
            int most = parsed.GetValue(samples) ?? (isLive ? int.MaxValue : 1);
            try
            {
                await RunAsync(
                    parsed.GetValue(directory)!,
                    parsed.GetValue(interval) ?? DefaultInterval,
                    most,
                    isLive ? new Screen(io) : new Sheet(io, parsed.WantsJson()),
                    cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // How looking on ends.
            }

            return ExitCode.Sound;
        });
        return command;
    }

    private static async Task RunAsync(
        string place,
        TimeSpan interval,
        int samples,
        ISampleView view,
        CancellationToken cancellationToken)
    {
        // Before anything is shown: what is not there is an error, no empty screen.
        long begun = Stopwatch.GetTimestamp();
        TopSample now = await TopSample.TakeAsync(place, cancellationToken);
        TopSample? before = null;
        using (view)
        {
            for (int i = 1; ; i++)
            {
                view.Show(now, before);
                if (i == samples)
                {
                    return;
                }

                // Looking opens the store anew: it takes a fifth of a processor's time at most.
                TimeSpan took = Stopwatch.GetElapsedTime(begun);
                await Task.Delay(
                    TimeSpan.FromTicks(Math.Max((interval - took).Ticks, 4 * took.Ticks)),
                    cancellationToken);
                begun = Stopwatch.GetTimestamp();
                before = now;
                now = await TopSample.TakeAsync(place, cancellationToken);
            }
        }
    }

    private interface ISampleView : IDisposable
    {
        void Show(TopSample now, TopSample? before);
    }

    /// <summary>One below the other, as text or JSON.</summary>
    private sealed class Sheet(ToolIO io, bool asJson) : ISampleView
    {
        private readonly LineOutput _output = new(io, asJson);

        public void Show(TopSample now, TopSample? before)
        {
            _output.Row(
                () => string.Join('\n', TopScreen.Lines(now, before, int.MaxValue)),
                json => TopScreen.Write(json, now, before));
            _output.Flush();
        }

        public void Dispose()
        {
        }
    }

    /// <summary>One in the place of the other, as large as the terminal is.</summary>
    private sealed class Screen(ToolIO io) : ISampleView
    {
        private bool _entered;

        public void Show(TopSample now, TopSample? before)
        {
            (int columns, int rows) = ToolIO.TerminalSize();
            StringBuilder text = new(_entered ? Home : Enter + Home);
            foreach (string line in TopScreen.Lines(now, before, columns).Take(rows - 1))
            {
                text.Append(line).Append(ClearLine).Append('\n');
            }

            Write(text.Append(ClearBelow).ToString());
            _entered = true;
        }

        public void Dispose()
        {
            if (_entered)
            {
                Verdict.ShowBefore(() => Write(Leave));
            }
        }

        private void Write(string text)
        {
            BufferedOutput output = new(io.Output);
            output.Write(Encoding.UTF8.GetBytes(text));
            output.Flush();
        }
    }
}
