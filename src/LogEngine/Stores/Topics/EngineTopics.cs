namespace LogEngine.Stores.Topics;

/// <summary>Opens, lists and drops the topics of an engine.</summary>
/// <remarks>Thread-safe.</remarks>
public static class EngineTopics
{
    /// <summary>
    /// Opens a topic; one that does not exist begins empty. One that is open on this engine already is opened
    /// again at once, as another object over the same state; each keeps to its own options and is closed by
    /// itself.
    /// </summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 512 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ArgumentException">The name or an option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<Topic> OpenTopicAsync(
        this StorageEngine engine,
        string name,
        TopicOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Topic.OpenAsync(engine, name, options, cancellationToken);

    /// <summary>Names of the topics that were ever appended to, in ordinal order.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<IReadOnlyList<string>> ListTopicsAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default) =>
        StoreNames.ListAsync(engine, "topic/", "/records", cancellationToken);

    /// <summary>
    /// Removes a topic with its records, groups and all that is known of it. It must not be open; where other
    /// processes have it open, they must open it anew.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="durability">What the removal survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>False where there was none.</returns>
    /// <exception cref="ArgumentException">The name is out of its range.</exception>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    /// <inheritdoc cref="StorageEngine.DropKeyspaceAsync" path="/exception"/>
    public static ValueTask<bool> DropTopicAsync(
        this StorageEngine engine,
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        TopicKeyspaces.CheckName(name, nameof(name));
        return Topic.OpenOn(engine).DropAsync(
            engine, name, new TopicKeyspaces(engine, name).All, durability, cancellationToken);
    }
}
