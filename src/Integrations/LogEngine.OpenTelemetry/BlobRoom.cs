namespace LogEngine.OpenTelemetry;

/// <summary>
/// How many bytes of blobs there are, at most. What other processes add, and what has been removed because of its age,
/// is seen when the room seems to be used up: then all are counted anew. Thread-safe.
/// </summary>
internal sealed class BlobRoom(Keyspace keyspace, long mostBytes)
{
    private readonly Lock _gate = new();

    /// <summary>Bytes that are stored or are about to be; below 0 where nobody has counted yet.</summary>
    private long _bytes = -1;

    /// <summary>Takes room for a blob, before it is written; false where there is none.</summary>
    internal bool TryTake(int length)
    {
        lock (_gate)
        {
            if (_bytes < 0 || _bytes + length > mostBytes)
            {
                // Under the gate, so that nobody takes what is being counted. Keys alone are read.
                _bytes = Count();
            }

            if (_bytes + length > mostBytes)
            {
                return false;
            }

            _bytes += length;
            return true;
        }
    }

    /// <summary>Gives the room back, of a blob that was not written or has been deleted.</summary>
    internal void Return(int length)
    {
        lock (_gate)
        {
            _bytes = Math.Max(0, _bytes - length);
        }
    }

    internal long Count()
    {
        long bytes = 0;
        using KeyScan scan = keyspace.Scan(ScanRange.Prefix(BlobKey.Blobs) with { KeysOnly = true });
        while (Waiting.For(scan.MoveNextAsync()))
        {
            bytes += BlobKey.Parse(scan.Key).Length;
        }

        return bytes;
    }
}
