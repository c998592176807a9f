namespace LogEngine.Stress;

/// <summary>Content that stands still half-way until it is told to go on.</summary>
internal sealed class HeldStream(byte[] content) : MemoryStream(content)
{
    private readonly TaskCompletionSource _halfWay =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _goOn =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task HalfWay => _halfWay.Task;

    internal void GoOn() => _goOn.SetResult();

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length / 2)
        {
            _halfWay.TrySetResult();
            await _goOn.Task.WaitAsync(cancellationToken);
        }

        return await base.ReadAsync(buffer, cancellationToken);
    }
}
