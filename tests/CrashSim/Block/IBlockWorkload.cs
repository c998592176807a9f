namespace LogEngine.CrashSim.Block;

/// <summary>Uses a store on a recorded disk, and marks after each step what is promised by then.</summary>
internal interface IBlockWorkload<TExpected>
{
    /// <summary>What was promised when the mark of that number was made.</summary>
    IReadOnlyList<TExpected> Expected { get; }

    /// <summary>So many steps, beginning with the creation of the store.</summary>
    Task RunAsync(int steps);

    /// <summary>What may be there while a step is under way.</summary>
    TExpected Between(TExpected before, TExpected after);
}
