using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties.Queue;

/// <summary>What a step does.</summary>
public enum QueueAction
{
    Enqueue,
    EnqueueMany,
    Receive,
    Acknowledge,
    AcknowledgeAndEnqueue,
    Refuse,
    DeadLetter,
    Renew,
    Pass,
    SetClock,
    Replay,
    Purge,
    Delete,
    Reopen,
}

/// <summary>One step; what its numbers mean depends on the action.</summary>
public sealed record QueueStep(
    QueueAction Action, int Lane, int Number, int Seconds, int Dedupe, int Group = 0)
{
    /// <summary>The steps of a run.</summary>
    public static Arbitrary<QueueStep[]> Run { get; } = Steps.Of(Step(), 120);

    public override string ToString() =>
        $"{Action}(lane {Lane}, {Number}, {Seconds} s, dedupe {Dedupe}, group {Group})";

    private static Gen<QueueStep> Step() =>
        from action in Gen.Frequency(
            (8, Gen.Constant(QueueAction.Enqueue)),
            (2, Gen.Constant(QueueAction.EnqueueMany)),
            (8, Gen.Constant(QueueAction.Receive)),
            (5, Gen.Constant(QueueAction.Acknowledge)),
            (2, Gen.Constant(QueueAction.AcknowledgeAndEnqueue)),
            (4, Gen.Constant(QueueAction.Refuse)),
            (1, Gen.Constant(QueueAction.DeadLetter)),
            (2, Gen.Constant(QueueAction.Renew)),
            (5, Gen.Constant(QueueAction.Pass)),
            (2, Gen.Constant(QueueAction.SetClock)),
            (1, Gen.Constant(QueueAction.Replay)),
            (2, Gen.Constant(QueueAction.Delete)),
            (1, Gen.Frequency(
                (1, Gen.Constant(QueueAction.Purge)), (2, Gen.Constant(QueueAction.Reopen)))))
        from lane in Gen.Elements(0, 0, 0, 4, 7)
        from number in Gen.Choose(0, 9)
        from seconds in Gen.Elements(0, 0, 0, 1, 5, 20, 60)
        from dedupe in Gen.Elements(0, 0, 0, 1, 2)
        from @group in Gen.Elements(0, 0, 1, 1, 2)
        select new QueueStep(action, lane, number, seconds, dedupe, @group);
}
