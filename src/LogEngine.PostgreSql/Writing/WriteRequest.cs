namespace LogEngine.PostgreSql.Writing;

/// <summary>
/// Something to be written, which waits for a group. It is completed once, by whoever commits the group, and never on
/// the thread that does.
/// </summary>
internal abstract class WriteRequest(Durability durability)
{
    internal Durability Durability => durability;

    /// <summary>About what it takes on the way to the server.</summary>
    internal virtual long Bytes => 256;

    /// <summary>Keys that it is to write, for who has to look whether it did.</summary>
    internal virtual IEnumerable<PointKey> Keys => [];

    /// <summary>Puts what it is into a group. Called again where the group is tried again.</summary>
    internal abstract void AddTo(Group group);

    /// <summary>Its group is committed, and it knows what was answered.</summary>
    internal abstract void Complete();

    internal abstract void Fail(Exception error);
}

/// <summary>One with an outcome.</summary>
/// <typeparam name="T">The outcome.</typeparam>
internal abstract class WriteRequest<T>(Durability durability) : WriteRequest(durability)
{
    private readonly TaskCompletionSource<T> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task<T> Done => _done.Task;

    internal override void Complete()
    {
        try
        {
            _done.SetResult(Outcome());
        }
        catch (LogEngineException refused)
        {
            _done.SetException(refused);
        }
    }

    internal override void Fail(Exception error) => _done.TrySetException(error);

    /// <summary>What was answered; throws where the answer is an error of its caller.</summary>
    protected abstract T Outcome();
}
