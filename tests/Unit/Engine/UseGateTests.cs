using LogEngine.Engine;

namespace LogEngine.Unit.Engine;

/// <summary>
/// The number of a freed segment was given to the next one while a reader still held a location with
/// it: the cache could then answer with another key's value. So freeing waits for those who read.
/// </summary>
public sealed class UseGateTests
{
    [Fact]
    public async Task Waiting_ends_when_those_have_left_who_were_inside_and_not_later_ones()
    {
        UseGate gate = new();
        int first = gate.Enter();
        Task waiting = Task.Run(gate.WaitForUsers);
        await Task.Delay(20);
        int later = gate.Enter();
        Assert.False(waiting.IsCompleted);
        gate.Leave(first);
        gate.Leave(later);
        await waiting.Soon();

        int stays = gate.Enter();
        Task again = Task.Run(gate.WaitForUsers);
        await Task.Delay(20);
        Assert.False(again.IsCompleted);
        gate.Leave(stays);
        await again.Soon();
        Task closing = Task.Run(gate.Close);
        await closing.Soon();
        Assert.Throws<ObjectDisposedException>(() => gate.Enter());
    }

    [Fact]
    public async Task Readers_that_come_and_go_do_not_hold_it_up()
    {
        UseGate gate = new();
        bool end = false;
        Task[] readers =
        [
            .. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                while (!Volatile.Read(ref end))
                {
                    gate.Leave(gate.Enter());
                }
            })),
        ];
        await Task.Run(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                gate.WaitForUsers();
            }
        }).Soon();
        Volatile.Write(ref end, true);
        await Task.WhenAll(readers).Soon();
    }

    /// <summary>
    /// Counting oneself and looking whether it is closed, against closing and looking at the count: on a
    /// processor that lets a read pass an earlier write both sides could miss each other.
    /// </summary>
    [Fact]
    public async Task Closing_never_frees_under_who_has_entered()
    {
        const int Rounds = 1000;
        UseGate gate = new();
        int freed = 0;
        int broken = 0;
        int entered = 0;
        using Barrier barrier = new(3, _ =>
        {
            gate = new UseGate();
            freed = 0;
        });
        Task[] readers =
        [
            .. Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    for (int i = 0; i < Rounds; i++)
                    {
                        barrier.SignalAndWait();
                        try
                        {
                            while (true)
                            {
                                int slot = gate.Enter();
                                Interlocked.Increment(ref entered);
                                broken += Volatile.Read(ref freed);
                                gate.Leave(slot);
                            }
                        }
                        catch (ObjectDisposedException)
                        {
                            // Closed: the next round.
                        }
                    }
                },
                TaskCreationOptions.LongRunning)),
        ];
        Task closer = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    barrier.SignalAndWait();
                    Thread.SpinWait(i % 50);
                    gate.Close();
                    Volatile.Write(ref freed, 1);
                }
            },
            TaskCreationOptions.LongRunning);
        await Task.WhenAll([.. readers, closer]).WaitAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(0, broken);
        Assert.True(entered > 0);
    }
}
