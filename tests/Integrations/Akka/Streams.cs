using System.Collections.Immutable;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Util;

namespace LogEngine.AkkaTests;

/// <summary>Running queries.</summary>
internal static class Streams
{
    /// <summary>All that a query gives that ends.</summary>
    internal static Task<IImmutableList<T>> AllAsync<T>(this Source<T, NotUsed> source, TestSystem system) =>
        source.RunWith(Sink.Seq<T>(), system.Materializer).Soon();

    /// <summary>A query whose results are taken one by one.</summary>
    internal static Live<T> Run<T>(this Source<T, NotUsed> source, TestSystem system)
    {
        (UniqueKillSwitch stop, ISinkQueue<T> queue) = source
            .ViaMaterialized(KillSwitches.Single<T>(), Keep.Right)
            .ToMaterialized(
                Sink.Queue<T>().WithAttributes(Attributes.CreateInputBuffer(1, 1)), Keep.Both)
            .WithAttributes(Attributes.CreateInputBuffer(1, 1))
            .Run(system.Materializer);
        return new Live<T>(stop, queue);
    }

    internal sealed class Live<T>(UniqueKillSwitch stop, ISinkQueue<T> queue)
    {
        internal async Task<T> NextAsync()
        {
            Option<T> next = await queue.PullAsync().Soon();
            Assert.True(next.HasValue, "the query has ended");
            return next.Value;
        }

        internal async Task<List<T>> NextAsync(int count)
        {
            List<T> all = [];
            while (all.Count < count)
            {
                all.Add(await NextAsync());
            }

            return all;
        }

        internal async Task EndsAsync() => Assert.False((await queue.PullAsync().Soon()).HasValue);

        internal void Stop() => stop.Shutdown();
    }
}
