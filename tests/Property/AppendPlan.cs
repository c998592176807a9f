using FsCheck;
using FsCheck.Fluent;
using AllSteps = LogEngine.Properties.Steps;

namespace LogEngine.Properties;

/// <summary>How one step of a plan appends.</summary>
public enum Way
{
    Async,
    Blocking,
    Try,
    Batch,
}

/// <summary>One call: the payload lengths of its records.</summary>
public sealed record AppendStep(Way Way, Durability Durability, int[] Lengths, bool Await)
{
    public override string ToString() =>
        $"{Way}/{Durability}{(Await ? "!" : "")}({string.Join(' ', Lengths)})";
}

/// <summary>A log's options and the calls on it.</summary>
public sealed record AppendPlan(
    long SegmentSize, int GroupCap, AppendStep[] Steps, int ReopenAfter)
{
    /// <summary>Sizes next to every boundary of record, block, group and segment.</summary>
    private static readonly int[] Boundaries =
    [
        0, 1, 7, 8, 9, 24, 384 - 24, 1024, 3 * 1024, 4096 - 96 - 24, 4096, 8192 - 96 - 24,
        12288 - 96 - 24, 16384 - 96 - 24, 16384 - 96, 16384, 20480 - 96 - 24, 32768 - 96 - 24,
        65536 - 4096, 65536, 131072,
    ];

    public override string ToString() =>
        $"segment {SegmentSize}, cap {GroupCap}, reopen after {ReopenAfter}: "
        + string.Join(", ", Steps.AsEnumerable());

    private static Gen<int> Length { get; } = Gen.Frequency(
        (6, Gen.Choose(0, 200)),
        (2, Gen.Choose(200, 5000)),
        (3, from boundary in Gen.Elements(Boundaries)
            from off in Gen.Choose(-1, 1)
            select Math.Max(0, boundary + off)));

    private static Gen<AppendStep> Step { get; } =
        from way in Gen.Elements(Enum.GetValues<Way>())
        from durability in Gen.Elements(Durability.None, Durability.ProcessCrash, Durability.PowerLoss)
        from count in way == Way.Batch ? Gen.Choose(1, 6) : Gen.Constant(1)
        from lengths in Gen.ArrayOf(Length, count)
        from wait in Gen.Elements(true, false, false)
        select new AppendStep(way, durability, lengths, wait);

    /// <summary>Plans, made smaller by their steps.</summary>
    public static Arbitrary<AppendPlan> Plan { get; } = Arb.From(
        Plans(),
        plan => AllSteps.Smaller(Step, plan.Steps).Select(steps => plan with { Steps = steps }));

    private static Gen<AppendPlan> Plans() =>
        from segment in Gen.Elements(65_536L, 65_536 + 4096, 100_000, 131_072, 1 << 20)
        from cap in Gen.Elements(16_384, 20_000, 32_768, 1 << 20)
        from steps in Gen.ListOf(Step)
        from reopen in Gen.Choose(0, 60)
        select new AppendPlan(segment, cap, [.. steps], reopen);
}
