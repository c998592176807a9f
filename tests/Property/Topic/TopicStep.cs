using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties.Topic;

/// <summary>What a step does.</summary>
public enum TopicAction
{
    Append,
    AppendMany,
    Read,
    Commit,

    /// <summary>Reads, then moves the cursor and appends what was made of it, in one batch.</summary>
    Process,

    /// <summary>A batch that moves the cursor is made, another commit comes first.</summary>
    CommitLate,
    Reset,
    Delete,
    Trim,
    Pass,
    Compact,
    Reopen,
}

/// <summary>One step; what its number means depends on the action.</summary>
public sealed record TopicStep(TopicAction Action, int Group, int Number)
{
    /// <summary>The steps of a run.</summary>
    public static Arbitrary<TopicStep[]> Run { get; } = Steps.Of(Step(), 100);

    public override string ToString() => $"{Action}(group {Group}, {Number})";

    private static Gen<TopicStep> Step() =>
        from action in Gen.Frequency(
            (8, Gen.Constant(TopicAction.Append)),
            (3, Gen.Constant(TopicAction.AppendMany)),
            (8, Gen.Constant(TopicAction.Read)),
            (6, Gen.Constant(TopicAction.Commit)),
            (3, Gen.Constant(TopicAction.Process)),
            (2, Gen.Constant(TopicAction.CommitLate)),
            (2, Gen.Constant(TopicAction.Reset)),
            (1, Gen.Constant(TopicAction.Delete)),
            (2, Gen.Constant(TopicAction.Trim)),
            (2, Gen.Constant(TopicAction.Pass)),
            (1, Gen.Constant(TopicAction.Compact)),
            (2, Gen.Constant(TopicAction.Reopen)))
        from @group in Gen.Elements(0, 0, 1, 1, 2)
        from number in Gen.Choose(0, 9)
        select new TopicStep(action, @group, number);
}
