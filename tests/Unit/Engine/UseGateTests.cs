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
}
