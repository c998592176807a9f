namespace LogEngine.Testing.Disk;

/// <summary>Who holds the lock of one file.</summary>
internal sealed class LockState
{
    private int _shared;

    internal bool IsExclusive { get; private set; }

    internal bool TryTake(bool exclusive)
    {
        if (IsExclusive || (exclusive && _shared > 0))
        {
            return false;
        }

        IsExclusive = exclusive;
        _shared += exclusive ? 0 : 1;
        return true;
    }

    internal void Release(bool exclusive)
    {
        IsExclusive &= !exclusive;
        _shared -= exclusive ? 0 : 1;
    }
}
