using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Queue;

/// <summary>A disk that writes nothing until it is told to go on.</summary>
internal sealed class StillDisk : IDisposable
{
    private readonly HookedFileSystem _files;
    private readonly ManualResetEventSlim _goesOn = new(initialState: false);

    internal StillDisk(HookedFileSystem files)
    {
        _files = files;
        files.Before = (operation, _) =>
        {
            if (operation is "write" or "sync")
            {
                _goesOn.Wait();
            }
        };
    }

    internal void StandStill() => _goesOn.Reset();

    internal void GoOn() => _goesOn.Set();

    public void Dispose()
    {
        _files.Before = null;
        _goesOn.Set();
    }
}
