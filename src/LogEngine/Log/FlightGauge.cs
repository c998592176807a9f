using System.Diagnostics;

namespace LogEngine.Log;

/// <summary>
/// How many groups may be in flight on this disk, under this load: tried out now and then, by how long
/// appends wait.
/// </summary>
/// <remarks>
/// A window is some dozens of groups. Now and then one group more is allowed for a few windows, or one
/// less, in turns with what is allowed now; what made appends wait clearly less is kept. So a disk that
/// gains nothing spends one window in twenty on finding that out. Noted by whoever commits or lands, one
/// at a time.
/// </remarks>
internal sealed class FlightGauge
{
    private const int GroupsOfAWindow = 64;

    /// <summary>Windows between two trials; a trial has three of each side, the first not counted.</summary>
    private const int WindowsBetween = 120;

    private const int WindowsOfASide = 3;

    /// <summary>More in flight must gain so much, as part of the wait.</summary>
    private const double LeastGain = 0.03;

    private static readonly long s_leastWindow = Stopwatch.Frequency / 200;

    private readonly Func<long> _clock;
    private readonly int _most;
    private int _limit;
    private int _kept;
    private int _other;

    // The window that is running.
    private long _windowBegun;
    private int _groups;
    private long _appends;
    private double _waited;

    /// <summary>Windows of the present side, or until the next trial.</summary>
    private int _windows;
    private bool _isTrial;
    private double _sumKept;
    private double _sumOther;
    private int _turns;

    /// <param name="most">Most that may be in flight at all.</param>
    /// <param name="clock">Gives ticks of the stopwatch; null for the stopwatch itself.</param>
    internal FlightGauge(int most, Func<long>? clock = null)
    {
        _clock = clock ?? Stopwatch.GetTimestamp;
        _most = most;
        _limit = _kept = Math.Min(2, most);
        _other = 1;
        _isTrial = most > 1;
    }

    /// <summary>Most groups in flight now.</summary>
    internal int Limit => Volatile.Read(ref _limit);

    /// <summary>A group is acknowledged.</summary>
    /// <param name="appends">Appends that waited for it.</param>
    /// <param name="waited">How long they did, summed up, in ticks of the stopwatch.</param>
    internal void Note(int appends, double waited)
    {
        if (_most == 1 || appends == 0)
        {
            return;
        }

        long now = _clock();
        _groups++;
        _appends += appends;
        _waited += waited;
        if (_groups < GroupsOfAWindow || now - _windowBegun < s_leastWindow)
        {
            return;
        }

        double mean = _waited / _appends;
        _windowBegun = now;
        _groups = 0;
        _appends = 0;
        _waited = 0;
        EndWindow(mean);
    }

    private void EndWindow(double mean)
    {
        _windows++;
        if (!_isTrial)
        {
            if (_windows >= WindowsBetween)
            {
                BeginTrial();
            }

            return;
        }

        bool isKept = _limit == _kept;
        if (_windows > 1)
        {
            _sumKept += isKept ? mean : 0;
            _sumOther += isKept ? 0 : mean;
        }

        if (_windows < WindowsOfASide)
        {
            return;
        }

        _windows = 0;
        _turns++;
        if (_turns < 4)
        {
            Volatile.Write(ref _limit, isKept ? _other : _kept);
            return;
        }

        EndTrial();
    }

    private void BeginTrial()
    {
        _isTrial = true;
        _windows = 0;
        _turns = 0;
        _sumKept = 0;
        _sumOther = 0;

        // Up and down in turns, as far as there is room.
        bool up = _kept == 1 || (_kept < _most && _other < _kept);
        _other = up ? _kept + 1 : _kept - 1;
    }

    private void EndTrial()
    {
        double more = _other > _kept ? _sumOther : _sumKept;
        double fewer = _other > _kept ? _sumKept : _sumOther;
        int higher = Math.Max(_other, _kept);
        int chosen = more < fewer * (1 - LeastGain) ? higher : higher - 1;
        _other = chosen == _kept ? _other : _kept;
        _kept = chosen;
        _isTrial = false;
        Volatile.Write(ref _limit, chosen);
    }
}
