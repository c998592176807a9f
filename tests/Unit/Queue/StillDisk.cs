namespace LogEngine.Unit.Queue;

/// <summary>
/// A disk that writes nothing until it is told to go on, with a durable write of somebody else on its way:
/// so nothing is committed by whoever comes along either.
/// </summary>
internal sealed class StillDisk : IDisposable
{
    private readonly QueueFixture _fixture;
    private readonly ManualResetEventSlim _goesOn = new(initialState: false);
    private readonly ManualResetEventSlim _isHeld = new(initialState: false);

    internal StillDisk(QueueFixture fixture)
    {
        _fixture = fixture;
        fixture.Files.Before = (operation, _) =>
        {
            if (operation is "write" or "sync")
            {
                _isHeld.Set();
                _goesOn.Wait();
            }
        };
        StandStill();
    }

    internal void StandStill()
    {
        _goesOn.Reset();
        _isHeld.Reset();
        _ = Task.Run(async () => await _fixture.Engine
            .GetKeyspace("of somebody else")
            .PutAsync(new byte[] { 1 }, new byte[] { 2 }, Durability.PowerLoss));
        _isHeld.Wait();
    }

    internal void GoOn() => _goesOn.Set();

    public void Dispose()
    {
        _fixture.Files.Before = null;
        _goesOn.Set();
    }
}
