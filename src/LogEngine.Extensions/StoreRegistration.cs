namespace LogEngine.Extensions;

/// <summary>A queue, topic or store that is opened with its engine.</summary>
/// <param name="Engine">The engine's name.</param>
/// <param name="Type">What it is; with the name, what it is found by.</param>
/// <param name="Name">Its own name.</param>
/// <param name="Open">Opens it.</param>
internal sealed record StoreRegistration(
    string Engine,
    Type Type,
    string Name,
    Func<StorageEngine, CancellationToken, ValueTask<object>> Open);
