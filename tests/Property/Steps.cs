using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties;

/// <summary>Lists of steps, made smaller as FsCheck makes arrays smaller.</summary>
internal static class Steps
{
    internal static Arbitrary<T[]> Of<T>(Gen<T> step, int count) =>
        Arb.From(Gen.ArrayOf(step, count), steps => Smaller(step, steps));

    internal static IEnumerable<T[]> Smaller<T>(Gen<T> step, T[] steps) =>
        Arb.Array(Arb.From(step)).Shrinker(steps);
}
