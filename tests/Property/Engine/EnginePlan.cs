using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties.EngineModels;

/// <summary>A list of commands, shrunk by leaving some out.</summary>
public sealed record EnginePlan(IReadOnlyList<EngineCommand> Commands)
{
    /// <summary>Keys that there are: few, so that they meet again.</summary>
    internal const int Keys = 24;

    private static Gen<EngineCommandKind> Kind { get; } = Gen.Frequency(
        (10, Gen.Constant(EngineCommandKind.Put)),
        (2, Gen.Constant(EngineCommandKind.PutExpiring)),
        (3, Gen.Constant(EngineCommandKind.Delete)),
        (1, Gen.Constant(EngineCommandKind.DeleteRange)),
        (8, Gen.Elements(Enum.GetValues<EngineCommandKind>())));

    private static Gen<int> Length { get; } = Gen.Frequency(
        (6, Gen.Choose(0, 300)),
        (2, Gen.Elements(1023, 1024, 1025, 1015, 1016, 1017, 4096)),
        (1, Gen.Choose(1000, 20_000)));

    private static Gen<EngineCommand> Command { get; } =
        from kind in Kind
        from keyspace in Gen.Choose(0, 2)
        from first in Gen.Choose(0, Keys - 1)
        from second in Gen.Choose(0, Keys - 1)
        from length in Length
        from durability in Gen.Elements(Durability.None, Durability.ProcessCrash, Durability.PowerLoss)
        select new EngineCommand(kind, keyspace, first, second, length, durability);

    /// <summary>Plans, made smaller by their commands.</summary>
    public static Arbitrary<EnginePlan> Plan { get; } = Arb.From(
        from count in Gen.Choose(1, 120)
        from commands in Gen.ArrayOf(Command, count)
        select new EnginePlan(commands),
        plan => Steps.Smaller(Command, [.. plan.Commands])
            .Select(commands => new EnginePlan(commands)));

    public override string ToString() => string.Join(", ", Commands);

    /// <summary>A key of every family, the longest and the shortest among them.</summary>
    internal static byte[] Key(int number) => KeyFamilies.Of(
        KeyFamilies.All[number % KeyFamilies.All.Count], 4, 3 * number);
}
