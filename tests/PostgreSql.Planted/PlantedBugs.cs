namespace LogEngine.PostgreSql;

/// <summary>The mistakes, each a file of the same name in Bugs.</summary>
internal enum PlantedBug
{
    /// <summary>None is in force.</summary>
    None,

    /// <summary>A commit whose wait for the standby was cancelled passes for one that the standby has.</summary>
    CancelledWaitTrusted,

    /// <summary>A claim leases rows once more than it gives out, as a subquery does that is run again.</summary>
    ClaimRunTwice,

    /// <summary>Messages are leased by a primary whose standby may have left it.</summary>
    ClaimUnconfirmed,

    /// <summary>A flush that asks for a transaction's id, which flushes nothing.</summary>
    FlushOfNothing,

    /// <summary>A watch goes past a transaction that has not committed yet.</summary>
    LateCommitPassed,

    /// <summary>What a lost claim has leased is left as it is.</summary>
    LostClaimKept,

    /// <summary>A group whose connection was lost is sent again without a question.</summary>
    LostGroupRepeated,

    /// <summary>A connection is used before the standby has what it shows.</summary>
    NoBarrierAtOpen,

    /// <summary>A commit that writes a key with its version passes another one that has not ended.</summary>
    OrderNotKept,
}

/// <summary>Which mistake is in force.</summary>
internal static class PlantedBugs
{
    private static volatile PlantedBug _everywhere;

    internal static PlantedBug Everywhere
    {
        set => _everywhere = value;
    }

    internal static bool Is(PlantedBug bug) => _everywhere == bug;
}
