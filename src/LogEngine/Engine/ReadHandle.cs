using LogEngine.Storage;

namespace LogEngine.Engine;

/// <summary>An open file shared by point reads; closes when it is retired and nobody reads.</summary>
internal sealed class ReadHandle(IStorageFile file)
{
    /// <summary>Readers, and one for the owner; 0 once closed.</summary>
    private int _users = 1;

    internal IStorageFile File { get; } = file;

    internal bool TryPin()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    internal void Unpin()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            File.Dispose();
        }
    }

    /// <summary>The owner lets go; once.</summary>
    internal void Retire() => Unpin();
}
