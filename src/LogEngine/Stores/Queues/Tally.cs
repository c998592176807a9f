namespace LogEngine.Stores.Queues;

/// <summary>Messages and their bytes.</summary>
internal struct Tally
{
    internal long Count { get; private set; }

    internal long Bytes { get; private set; }

    internal void Add(int size)
    {
        Count++;
        Bytes += size;
    }

    /// <summary>Not below nothing: an expired message may have been counted out already.</summary>
    internal void Remove(int size)
    {
        Count = Math.Max(0, Count - 1);
        Bytes = Count == 0 ? 0 : Math.Max(0, Bytes - size);
    }

    public static Tally operator +(Tally left, Tally right) => new()
    {
        Count = left.Count + right.Count,
        Bytes = left.Bytes + right.Bytes,
    };
}
