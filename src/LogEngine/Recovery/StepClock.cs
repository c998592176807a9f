namespace LogEngine.Recovery;

/// <summary>Times the steps of opening.</summary>
internal sealed class StepClock(TimeProvider time)
{
    private readonly List<RecoveryStep> _steps = [];
    private readonly long _begun = time.GetTimestamp();
    private long _last = time.GetTimestamp();

    internal IReadOnlyList<RecoveryStep> Steps => _steps;

    internal TimeSpan Total => time.GetElapsedTime(_begun);

    /// <summary>What has run since the last mark was this step.</summary>
    internal void Mark(string step)
    {
        long now = time.GetTimestamp();
        _steps.Add(new RecoveryStep(step, time.GetElapsedTime(_last, now)));
        _last = now;
    }
}
