using LogEngine.Awaiting;

namespace LogEngine.Unit.Awaiting;

/// <summary>Objects that are used again: nobody gets one that somebody has.</summary>
public sealed class FreeListTests
{
    [Fact]
    public void What_was_given_back_is_taken_once()
    {
        FreeList<Node> list = new();
        Assert.Null(list.TryTake());
        Node[] nodes = [new(), new(), new()];
        Array.ForEach(nodes, list.Return);
        HashSet<Node> taken = [list.TryTake()!, list.TryTake()!, list.TryTake()!];
        Assert.True(taken.SetEquals(nodes));
        Assert.Null(list.TryTake());
    }

    [Fact]
    public void As_many_as_were_in_use_are_kept_up_to_a_bound()
    {
        FreeList<Node> list = new();
        for (int i = 0; i < 10_000 * Environment.ProcessorCount; i++)
        {
            list.Return(new Node());
        }

        int kept = 0;
        while (list.TryTake() is not null)
        {
            kept++;
        }

        Assert.Equal(1024 * Environment.ProcessorCount, kept);
    }

    [Fact]
    public async Task No_two_threads_have_the_same_one()
    {
        FreeList<Node> list = new();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                Node node = list.TryTake() ?? new Node();
                Node second = list.TryTake() ?? new Node();
                Assert.Equal(0, Interlocked.Exchange(ref node.Users, 1));
                Assert.Equal(0, Interlocked.Exchange(ref second.Users, 1));
                Volatile.Write(ref node.Users, 0);
                list.Return(node);
                Volatile.Write(ref second.Users, 0);
                list.Return(second);
            }
        })));
    }

    private sealed class Node : IReusable<Node>
    {
        internal int Users;

        Node? IReusable<Node>.NextFree { get; set; }
    }
}
