using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>What became of reading one message.</summary>
/// <param name="Message">The message; of one that was not read, nothing.</param>
/// <param name="Error">Why it could not be read; null where it could, or where it has expired.</param>
internal readonly record struct ReadBody(StoredMessage Message, Exception? Error)
{
    internal static ReadBody Expired { get; } = new(StoredMessage.None, null) { HasExpired = true };

    /// <summary>It is not there any more.</summary>
    internal bool HasExpired { get; private init; }

    internal bool IsWhole => Message.Headers is not null && Error is null && !HasExpired;

    internal static ReadBody Failed(Exception error) => new(StoredMessage.None, error);
}
