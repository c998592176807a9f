using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties;

/// <summary>What is done to an index and its model.</summary>
public enum IndexDo
{
    Put,
    PutExpiring,
    PutMany,
    Remove,
    RemoveMany,
    RemoveRange,
    Move,
    MoveWrongly,
    Publish,
    Discard,
    Pin,
    Unpin,
    ReadRange,
    ReadMany,
}

/// <summary>A step on keys from a family.</summary>
/// <param name="Do">What.</param>
/// <param name="First">Number of the first key.</param>
/// <param name="Second">Number of another, or how many keys.</param>
public readonly record struct IndexStep(IndexDo Do, int First, int Second)
{
    /// <summary>Numbers that keys are made of.</summary>
    private const int Numbers = 700;

    private static readonly Gen<IndexStep> _step =
        from what in Gen.Frequency(
            (20, Gen.Constant(IndexDo.Put)),
            (6, Gen.Constant(IndexDo.PutExpiring)),
            (12, Gen.Constant(IndexDo.PutMany)),
            (12, Gen.Constant(IndexDo.Remove)),
            (6, Gen.Constant(IndexDo.RemoveMany)),
            (4, Gen.Constant(IndexDo.RemoveRange)),
            (6, Gen.Constant(IndexDo.Move)),
            (2, Gen.Constant(IndexDo.MoveWrongly)),
            (12, Gen.Constant(IndexDo.Publish)),
            (2, Gen.Constant(IndexDo.Discard)),
            (4, Gen.Constant(IndexDo.Pin)),
            (4, Gen.Constant(IndexDo.Unpin)),
            (3, Gen.Constant(IndexDo.ReadRange)),
            (3, Gen.Constant(IndexDo.ReadMany)))
        from first in Gen.Choose(0, Numbers - 1)
        from second in Gen.Choose(0, Numbers - 1)
        select new IndexStep(what, first, second);

    /// <summary>The steps of a run.</summary>
    public static Arbitrary<IndexStep[]> Run { get; } = Steps.Of(_step, 250);

    public override string ToString() => $"{Do}({First}, {Second})";
}
