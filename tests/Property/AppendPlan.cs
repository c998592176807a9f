using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties;

/// <summary>How one step of a plan appends.</summary>
internal enum Way
{
    Async,
    Blocking,
    Try,
    Batch,
}

/// <summary>One call: the payload lengths of its records.</summary>
internal sealed record AppendStep(Way Way, Durability Durability, int[] Lengths, bool Await)
{
    public override string ToString() =>
        $"{Way}/{Durability}{(Await ? "!" : "")}({string.Join(' ', Lengths)})";
}

/// <summary>A log's options and the calls on it.</summary>
internal sealed record AppendPlan(
    long SegmentSize, int GroupCap, AppendStep[] Steps, int ReopenAfter)
{
    /// <summary>Sizes next to every boundary of record, block, group and segment.</summary>
    private static readonly int[] Boundaries =
    [
        0, 1, 7, 8, 9, 24, 384 - 24, 1024, 3 * 1024, 4096 - 96 - 24, 4096, 8192 - 96 - 24,
        12288 - 96 - 24, 16384 - 96 - 24, 16384 - 96, 16384, 20480 - 96 - 24, 32768 - 96 - 24,
        65536 - 4096, 65536, 131072,
    ];

    internal static Arbitrary<AppendPlan> Arbitrary { get; } = Arb.From(Plans(), Shrink);

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
        from durability in Gen.Elements(Enum.GetValues<Durability>())
        from count in way == Way.Batch ? Gen.Choose(1, 6) : Gen.Constant(1)
        from lengths in Gen.ArrayOf(Length, count)
        from wait in Gen.Elements(true, false, false)
        select new AppendStep(way, durability, lengths, wait);

    private static Gen<AppendPlan> Plans() =>
        from segment in Gen.Elements(65_536L, 65_536 + 4096, 100_000, 131_072, 1 << 20)
        from cap in Gen.Elements(16_384, 20_000, 32_768, 1 << 20)
        from steps in Gen.ListOf(Step)
        from reopen in Gen.Choose(0, 60)
        select new AppendPlan(segment, cap, [.. steps], reopen);

    private static IEnumerable<AppendPlan> Shrink(AppendPlan plan)
    {
        for (int size = plan.Steps.Length / 2; size > 0; size /= 2)
        {
            for (int at = 0; at + size <= plan.Steps.Length; at += size)
            {
                yield return plan with
                {
                    Steps = [.. plan.Steps[..at], .. plan.Steps[(at + size)..]],
                };
            }
        }
    }
}
