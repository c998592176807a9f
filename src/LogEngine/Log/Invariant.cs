namespace LogEngine.Log;

/// <summary>Durability facts that are checked always: a broken one faults the log.</summary>
internal static class Invariant
{
    internal static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"Invariant broken: {what}.");
        }
    }
}
