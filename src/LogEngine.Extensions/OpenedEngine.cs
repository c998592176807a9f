namespace LogEngine.Extensions;

/// <summary>An open engine with what was opened on it.</summary>
internal sealed class OpenedEngine(StorageEngine engine)
{
    internal StorageEngine Engine => engine;

    /// <summary>Queues, topics and stores, by type and name.</summary>
    internal Dictionary<(Type Type, string Name), object> Stores { get; } = [];
}
