namespace LogEngine.Stores.Queues;

/// <summary>Leases by their expiry, the next one first; any of them can be removed.</summary>
/// <remarks>Guarded by the queue's lock. A binary heap that tells each lease its place.</remarks>
internal sealed class LeaseHeap
{
    private readonly List<Lease> _heap = [];

    internal int Count => _heap.Count;

    internal Lease First => _heap[0];

    internal void Add(Lease lease)
    {
        lease.HeapPlace = _heap.Count;
        _heap.Add(lease);
        Rise(lease.HeapPlace);
    }

    internal void Remove(Lease lease)
    {
        int place = lease.HeapPlace;
        if (place < 0)
        {
            return;
        }

        Lease last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        lease.HeapPlace = -1;
        if (!ReferenceEquals(last, lease))
        {
            Put(place, last);
            Sink(place);
            Rise(last.HeapPlace);
        }
    }

    private void Rise(int place)
    {
        Lease lease = _heap[place];
        while (place > 0 && lease.ExpiresAt < _heap[(place - 1) / 2].ExpiresAt)
        {
            Put(place, _heap[(place - 1) / 2]);
            place = (place - 1) / 2;
        }

        Put(place, lease);
    }

    private void Sink(int place)
    {
        Lease lease = _heap[place];
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= _heap.Count)
            {
                break;
            }

            if (child + 1 < _heap.Count && _heap[child + 1].ExpiresAt < _heap[child].ExpiresAt)
            {
                child++;
            }

            if (_heap[child].ExpiresAt >= lease.ExpiresAt)
            {
                break;
            }

            Put(place, _heap[child]);
            place = child;
        }

        Put(place, lease);
    }

    private void Put(int place, Lease lease)
    {
        _heap[place] = lease;
        lease.HeapPlace = place;
    }
}
