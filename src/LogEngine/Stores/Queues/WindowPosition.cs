namespace LogEngine.Stores.Queues;

/// <summary>Where an entry stands in its range: by due time, then by id.</summary>
/// <param name="DueTicks">Due time; 0 in a lane.</param>
/// <param name="Id">Id.</param>
internal readonly record struct WindowPosition(long DueTicks, long Id) : IComparable<WindowPosition>
{
    internal static WindowPosition Of(in QueueEntry entry) => new(entry.DueTicks, entry.Id);

    public int CompareTo(WindowPosition other)
    {
        int order = DueTicks.CompareTo(other.DueTicks);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }
}
