namespace LogEngine.Inspection;

/// <summary>
/// Reports progress in steps and passes on cancellation: cheap enough for every group.
/// </summary>
internal sealed class ProgressMeter(
    IProgress<InspectionProgress>? progress, long total, CancellationToken cancellationToken)
{
    private const long StepBytes = 4 << 20;

    private long _done;
    private long _reported;

    /// <summary>Bytes read so far.</summary>
    internal long Done => _done;

    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal void Add(string path, long bytes)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _done += bytes;
        if (_done - _reported >= StepBytes)
        {
            _reported = _done;
            progress?.Report(new InspectionProgress(path, _done, Math.Max(total, _done)));
        }
    }

    /// <summary>Reports the end.</summary>
    internal void Finish(string path) =>
        progress?.Report(new InspectionProgress(path, _done, _done));
}
