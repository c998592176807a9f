using LogEngine.Format;
using LogEngine.Testing.Oracle;

namespace LogEngine.Testing.Model;

/// <summary>One operation of a batch, as the caller meant it.</summary>
/// <param name="Kind">Put, delete, touch, delete range or drop.</param>
/// <param name="Keyspace">Name of the keyspace.</param>
/// <param name="Key">The key; of a range, its first.</param>
/// <param name="To">Of a range, the key it ends before; empty for the end.</param>
/// <param name="ValueHash">Of a put, what its value hashes to.</param>
/// <param name="ExpiresTicks">Of a put or a touch, from when it is absent; 0 for never.</param>
internal sealed record ModelOperation(
    OperationKind Kind,
    string Keyspace,
    byte[] Key,
    byte[] To,
    ulong ValueHash,
    long ExpiresTicks)
{
    internal static ModelOperation Put(
        string keyspace, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiresTicks) => new(
            OperationKind.Put,
            keyspace,
            key.ToArray(),
            [],
            JournalEra.HashOf(value),
            expiresTicks);

    internal static ModelOperation Delete(string keyspace, ReadOnlySpan<byte> key) =>
        new(OperationKind.Delete, keyspace, key.ToArray(), [], 0, 0);

    /// <summary>The operations that a caller has put into a batch.</summary>
    internal static IReadOnlyList<ModelOperation> Of(WriteBatch batch)
    {
        List<ModelOperation> operations = [];
        for (int i = 0; i < batch.Count; i++)
        {
            WriteOperation one = batch.GetOperation(i);
            bool isRange = one.Kind == WriteOperationKind.DeleteRange;
            operations.Add(new ModelOperation(
                (OperationKind)one.Kind,
                one.Keyspace.Name,
                one.Key.ToArray(),
                isRange ? one.Value.ToArray() : [],
                isRange ? 0 : JournalEra.HashOf(one.Value),
                StorageEngine.ExpiryTicks(one.ExpiresAt)));
        }

        return operations;
    }
}

/// <summary>A condition of a batch.</summary>
/// <param name="Keyspace">Name of the keyspace.</param>
/// <param name="Key">The key.</param>
/// <param name="Expected">The version that it must have; 0 for absence.</param>
internal sealed record ModelCondition(string Keyspace, byte[] Key, long Expected)
{
    /// <summary>The conditions that a caller has put into a batch.</summary>
    internal static IReadOnlyList<ModelCondition> Of(WriteBatch batch)
    {
        List<ModelCondition> conditions = [];
        for (int i = 0; i < batch.ConditionCount; i++)
        {
            WriteCondition one = batch.GetCondition(i);
            conditions.Add(new ModelCondition(one.Keyspace.Name, one.Key.ToArray(), one.Version));
        }

        return conditions;
    }
}
