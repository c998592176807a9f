using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>
/// Messages on their way to one call that receives: taken, read, counted and handed out together, be it one
/// or many.
/// </summary>
/// <remarks>Its call's alone, and used again by another one after that.</remarks>
internal sealed class Handover : IReusable<Handover>
{
    /// <summary>One that has served more is left to the collector.</summary>
    private const int MostKept = 256;

    private static readonly FreeList<Handover> Free = new();

    Handover? IReusable<Handover>.NextFree { get; set; }

    /// <summary>Messages that are taken, and go on.</summary>
    internal List<Lease> Leases { get; } = [];

    /// <summary>What was read of each.</summary>
    internal List<ReadBody> Bodies { get; } = [];

    /// <summary>Those that are with the receiver.</summary>
    internal List<QueueDelivery> Delivered { get; } = [];

    /// <summary>Why one was set aside; null where none was.</summary>
    internal Exception? Trouble { get; set; }

    internal static Handover Rent() => Free.TryTake() ?? new Handover();

    /// <summary>What was delivered; the handover is not used any more.</summary>
    internal QueueDelivery? TakeOne()
    {
        QueueDelivery? one = Delivered.Count > 0 ? Delivered[0] : null;
        Release();
        return one;
    }

    /// <inheritdoc cref="TakeOne"/>
    internal IReadOnlyList<QueueDelivery> TakeAll()
    {
        QueueDelivery[] all = [.. Delivered];
        Release();
        return all;
    }

    private void Release()
    {
        bool isSmall = Leases.Capacity <= MostKept;
        Leases.Clear();
        Bodies.Clear();
        Delivered.Clear();
        Trouble = null;
        if (isSmall)
        {
            Free.Return(this);
        }
    }
}
