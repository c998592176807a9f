using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties;

/// <summary>What is done to an index and its model.</summary>
internal enum IndexDo
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
internal readonly record struct IndexStep(IndexDo Do, int First, int Second)
{
    internal static Gen<IndexStep> Gen { get; } =
        from what in FsCheck.Fluent.Gen.Frequency(
            (20, FsCheck.Fluent.Gen.Constant(IndexDo.Put)),
            (6, FsCheck.Fluent.Gen.Constant(IndexDo.PutExpiring)),
            (12, FsCheck.Fluent.Gen.Constant(IndexDo.PutMany)),
            (12, FsCheck.Fluent.Gen.Constant(IndexDo.Remove)),
            (6, FsCheck.Fluent.Gen.Constant(IndexDo.RemoveMany)),
            (4, FsCheck.Fluent.Gen.Constant(IndexDo.RemoveRange)),
            (6, FsCheck.Fluent.Gen.Constant(IndexDo.Move)),
            (2, FsCheck.Fluent.Gen.Constant(IndexDo.MoveWrongly)),
            (12, FsCheck.Fluent.Gen.Constant(IndexDo.Publish)),
            (2, FsCheck.Fluent.Gen.Constant(IndexDo.Discard)),
            (4, FsCheck.Fluent.Gen.Constant(IndexDo.Pin)),
            (4, FsCheck.Fluent.Gen.Constant(IndexDo.Unpin)),
            (3, FsCheck.Fluent.Gen.Constant(IndexDo.ReadRange)),
            (3, FsCheck.Fluent.Gen.Constant(IndexDo.ReadMany)))
        from first in FsCheck.Fluent.Gen.Choose(0, IndexKeys.Numbers - 1)
        from second in FsCheck.Fluent.Gen.Choose(0, IndexKeys.Numbers - 1)
        select new IndexStep(what, first, second);

    public override string ToString() => $"{Do}({First}, {Second})";
}
