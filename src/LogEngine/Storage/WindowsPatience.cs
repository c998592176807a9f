using System.Diagnostics;

namespace LogEngine.Storage;

/// <summary>
/// How long a call is made again that failed because another program had the file open for a moment. What
/// fails for good fails with its own error after two seconds.
/// </summary>
internal struct WindowsPatience()
{
    private static readonly TimeSpan _most = TimeSpan.FromSeconds(2);

    /// <summary>Never set: waiting for it is waiting.</summary>
    private static readonly ManualResetEventSlim _never = new(initialState: false);

    private readonly long _begun = Stopwatch.GetTimestamp();
    private int _pause = 1;

    /// <summary>Waits for about so many milliseconds.</summary>
    internal static void Pause(int milliseconds) => _never.Wait(milliseconds);

    /// <summary>Whether to make the call again; waits before it says so.</summary>
    internal bool WorthAnother(int code)
    {
        if (!WindowsError.MayPass(code) || Stopwatch.GetElapsedTime(_begun) >= _most)
        {
            return false;
        }

        Pause(_pause);
        _pause = Math.Min(2 * _pause, 64);
        return true;
    }
}
