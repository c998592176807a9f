using LogEngine.Log;
using LogEngine.Maintenance;

namespace LogEngine.Unit.Engine;

/// <summary>
/// A pass right behind another found nothing written in between, and took the log for one at rest.
/// </summary>
public sealed class RestClockTests
{
    private readonly LogCounters _counters = new();
    private readonly ManualTime _time = new();

    [Fact]
    public void A_log_is_at_rest_when_nothing_was_written_for_a_while_and_not_before()
    {
        RestClock clock = new(_counters, _time);
        Assert.Equal(WriteActivity.Busy, clock.Look());
        clock.NoteEnd();
        Assert.Equal(WriteActivity.Busy, clock.Look());
        _time.Advance(clock.Until(WriteActivity.Resting));
        Assert.Equal(WriteActivity.Resting, clock.Look());
        _time.Advance(clock.Until(WriteActivity.Ended));
        Assert.Equal(WriteActivity.Ended, clock.Look());
    }

    [Fact]
    public void What_maintenance_writes_is_no_activity_and_what_others_write_is()
    {
        RestClock clock = new(_counters, _time);
        clock.Look();
        _counters.PayloadBytes += 100;
        clock.NoteEnd();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(WriteActivity.Ended, clock.Look());
        _counters.PayloadBytes += 100;
        Assert.Equal(WriteActivity.Busy, clock.Look());
    }
}
