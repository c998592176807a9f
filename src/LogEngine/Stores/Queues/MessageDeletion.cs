namespace LogEngine.Stores.Queues;

/// <summary>What became of a message that was to be deleted by its id.</summary>
public enum MessageDeletion
{
    /// <summary>There is none of that id: it was acknowledged, deleted, purged, or never enqueued.</summary>
    NotFound,

    /// <summary>It was there, waiting or dead, and is gone.</summary>
    Deleted,

    /// <summary>
    /// A receiver has it, or it is on its way to or from one: it stays, and its lease decides.
    /// </summary>
    Leased,
}
