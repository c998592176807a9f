using System.Security.Cryptography;

namespace LogEngine.PostgreSql.Connections;

/// <summary>Pauses between tries, longer each time up to a second, until a time is over.</summary>
internal sealed class Backoff(TimeSpan atMost)
{
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private int _tries;

    /// <summary>Waits before the next try; false where there is to be none.</summary>
    internal async ValueTask<bool> WaitAsync(CancellationToken stopping)
    {
        TimeSpan left = atMost - TimeProvider.System.GetElapsedTime(_began);
        if (left <= TimeSpan.Zero || stopping.IsCancellationRequested)
        {
            return false;
        }

        // Drawn, so that those who met do not meet again.
        int most = 10 << Math.Min(_tries++, 7);
        TimeSpan pause = TimeSpan.FromMilliseconds(
            Math.Min(1000, (most / 2) + RandomNumberGenerator.GetInt32((most / 2) + 1)));
        try
        {
            await Task.Delay(pause < left ? pause : left, TimeProvider.System, stopping)
                .ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
