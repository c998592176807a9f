namespace LogEngine.Stores.Shared;

/// <summary>Tells whoever closes when nothing is on its way any more.</summary>
/// <remarks>Guarded by its owner's lock, under which nobody's continuation runs.</remarks>
internal sealed class Draining
{
    private TaskCompletionSource? _drained;

    /// <summary>Whether closing has begun.</summary>
    internal bool HasBegun => _drained is not null;

    /// <summary>Begins, once; completes when it is still.</summary>
    internal Task Begin(bool isStill)
    {
        _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Note(isStill);
        return _drained.Task;
    }

    /// <summary>Something may have come to its end.</summary>
    internal void Note(bool isStill)
    {
        if (isStill)
        {
            _drained?.TrySetResult();
        }
    }
}
