using LogEngine.Telemetry;

namespace LogEngine.Unit.Telemetry;

/// <summary>Statistics that a server has to be asked for.</summary>
public sealed class AskedTests
{
    private TaskCompletionSource<string> _answer = new();
    private int _questions;

    [Fact]
    public void An_answer_is_shown_for_a_second_and_asked_for_once()
    {
        Asked<string> asked = Asking();
        _answer.SetResult("one");
        Assert.Equal("one", asked.Current());
        _answer = new TaskCompletionSource<string>();
        _answer.SetResult("two");
        if (_questions == 1)
        {
            // On a machine that holds this thread up for a second there is another question.
            _ = asked.Current();
        }

        Thread.Sleep(Asked<string>.Freshness);
        Assert.Equal("two", asked.Current());
        Assert.InRange(_questions, 2, 3);
    }

    [Fact]
    public async Task Whoever_reads_waits_for_a_while_and_sees_the_answer_of_the_time_before()
    {
        Asked<string> asked = Asking();
        Assert.Null(asked.Current());
        Assert.Null(asked.Current());
        Assert.Equal(1, _questions);
        _answer.SetResult("late");
        await Eventually.IsTrueAsync(() => asked.Current() == "late", "the answer is there");
        _answer = new TaskCompletionSource<string>();
        Thread.Sleep(Asked<string>.Freshness);
        Assert.Equal("late", asked.Current());
        Assert.Equal(2, _questions);
    }

    [Fact]
    public async Task What_cannot_be_answered_is_not_known_and_nobody_waits_for_the_next_answer()
    {
        Asked<string> asked = Asking();
        _answer.SetResult("one");
        Assert.Equal("one", asked.Current());
        _answer = new TaskCompletionSource<string>();
        _answer.SetException(new IOException("no server"));
        await Eventually.IsTrueAsync(() => asked.Current() is null, "it is not known any more");

        // Answered at once; but who begins the question takes what is known.
        _answer = new TaskCompletionSource<string>();
        Thread.Sleep(Asked<string>.Freshness);
        Assert.Null(asked.Current());
        _answer.SetResult("two");
        await Eventually.IsTrueAsync(() => asked.Current() == "two", "it is known again");
    }

    private Asked<string> Asking() => new(() =>
    {
        _questions++;
        return new ValueTask<string>(_answer.Task);
    });
}
