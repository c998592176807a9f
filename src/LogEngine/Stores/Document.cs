namespace LogEngine.Stores;

/// <summary>A document that was read.</summary>
/// <typeparam name="T">Type of its value.</typeparam>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value; null where JSON null was saved.</param>
/// <param name="Version">
/// Sequence of the save that made it, to be required by the next one. Above the engine's durable
/// sequence it may belong to another write after a power loss.
/// </param>
public sealed record Document<T>(string Key, T Value, long Version);

/// <summary>A document's key in a listing.</summary>
/// <param name="Key">The key.</param>
/// <param name="Version">Sequence of the save that made the document.</param>
public readonly record struct DocumentKey(string Key, long Version);
