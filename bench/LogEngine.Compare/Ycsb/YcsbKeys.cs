using LogEngine.Compare.Measuring;

namespace LogEngine.Compare.Ycsb;

/// <summary>Which keys a run works on.</summary>
/// <param name="loaded">Keys that the store was filled with.</param>
/// <param name="inserted">The number of keys in it meanwhile, and what is on its way.</param>
/// <param name="latest">Distances from the newest key, over as many as were loaded.</param>
internal sealed class YcsbKeys(long loaded, InsertedKeys inserted, Zipfian latest)
{
    /// <summary>What is inserted.</summary>
    internal InsertedKeys Inserted => inserted;

    /// <summary>
    /// The number of a key that is there: one of the latest, or one of those loaded by the scrambled
    /// zipfian distribution, so that the popular ones lie anywhere and stay the same ones.
    /// </summary>
    internal long Choose(YcsbMix mix, double uniform) => mix.ReadsLatest
        ? Math.Max(0, inserted.Acknowledged - 1 - latest.Next(uniform))
        : Zipfian.Scramble(Zipfian.Scrambled.Next(uniform), loaded);
}
