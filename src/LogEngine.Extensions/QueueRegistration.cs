using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>A queue that is opened with its engine.</summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Queue">The queue's name.</param>
/// <param name="Options">Its options.</param>
internal sealed record QueueRegistration(string Engine, string Queue, QueueOptions Options);
