namespace LogEngine.Compare.Ycsb;

/// <summary>Shares of operations in one of YCSB's core workloads; they sum up to 1.</summary>
internal sealed record YcsbMix(string Name, string About)
{
    internal double Reads { get; init; }

    internal double Updates { get; init; }

    internal double Inserts { get; init; }

    internal double Scans { get; init; }

    internal double ReadModifyWrites { get; init; }

    /// <summary>Whether what was inserted last is read most.</summary>
    internal bool ReadsLatest { get; init; }

    /// <summary>A to F.</summary>
    internal static IReadOnlyList<YcsbMix> All { get; } =
    [
        new("a", "half reads, half updates") { Reads = 0.5, Updates = 0.5 },
        new("b", "95 % reads, 5 % updates") { Reads = 0.95, Updates = 0.05 },
        new("c", "reads alone") { Reads = 1 },
        new("d", "95 % reads of the latest, 5 % inserts")
        {
            Reads = 0.95,
            Inserts = 0.05,
            ReadsLatest = true,
        },
        new("e", "95 % scans of 1 to 100, 5 % inserts") { Scans = 0.95, Inserts = 0.05 },
        new("f", "half reads, half read-modify-writes") { Reads = 0.5, ReadModifyWrites = 0.5 },
    ];

    /// <summary>The kind of operation that a uniform random number below 1 stands for.</summary>
    internal YcsbOperation Pick(double uniform)
    {
        ReadOnlySpan<double> shares = [Reads, Updates, Inserts, Scans];
        for (int i = 0; i < shares.Length; i++)
        {
            if (uniform < shares[i])
            {
                return (YcsbOperation)i;
            }

            uniform -= shares[i];
        }

        // Rounding may leave a little of the last share that there is.
        return ReadModifyWrites > 0 ? YcsbOperation.ReadModifyWrite
            : Inserts > 0 ? YcsbOperation.Insert
            : Updates > 0 ? YcsbOperation.Update
            : YcsbOperation.Read;
    }
}

/// <summary>In the order of the shares.</summary>
internal enum YcsbOperation
{
    Read,
    Update,
    Insert,
    Scan,
    ReadModifyWrite,
}
