using LogEngine.Format;
using Keys = System.Collections.Generic.SortedDictionary<
    byte[], LogEngine.Testing.Model.ModelValue>;

namespace LogEngine.Testing.Model;

/// <summary>What an engine must hold: sorted dictionaries, and nothing clever.</summary>
internal sealed class EngineModel
{
    private readonly SortedDictionary<string, Keys> _keyspaces = new(StringComparer.Ordinal);

    /// <summary>The keyspaces that exist, in order.</summary>
    internal IReadOnlyDictionary<string, Keys> Keyspaces => _keyspaces;

    internal EngineModel Clone()
    {
        EngineModel copy = new();
        foreach ((string name, Keys keys) in _keyspaces)
        {
            copy._keyspaces.Add(name, new Keys(keys, KeyOrder.Instance));
        }

        return copy;
    }

    /// <summary>Makes a state as it was found.</summary>
    internal static EngineModel Of(EngineState found)
    {
        EngineModel model = new();
        foreach (string name in found.Counts.Keys)
        {
            model.KeysOf(name);
        }

        foreach (FoundValue value in found.Values)
        {
            model.KeysOf(value.Keyspace)[value.Key] =
                new ModelValue(value.Hash, null, 0, value.Version, value.ExpiresTicks);
        }

        return model;
    }

    /// <summary>The version that a condition sees: 0 where absent or expired.</summary>
    internal long VersionOf(string keyspace, byte[] key, long ticks) =>
        _keyspaces.TryGetValue(keyspace, out Keys? keys)
        && keys.TryGetValue(key, out ModelValue value)
        && !value.IsExpired(ticks)
            ? value.Version
            : 0;

    internal void Apply(SubmittedBatch batch)
    {
        for (int i = 0; i < batch.Operations.Count; i++)
        {
            ModelOperation operation = batch.Operations[i];
            long version = batch.First == 0 ? 0 : batch.First + i;
            switch (operation.Kind)
            {
                case OperationKind.Put:
                    KeysOf(operation.Keyspace)[operation.Key] = new ModelValue(
                        operation.ValueHash, batch, i, version, operation.ExpiresTicks);
                    break;
                case OperationKind.Delete:
                    KeysOf(operation.Keyspace).Remove(operation.Key);
                    break;
                case OperationKind.Touch:
                    Touch(operation, batch);
                    break;
                case OperationKind.DeleteRange:
                    RemoveRange(KeysOf(operation.Keyspace), operation.Key, operation.To);
                    break;
                case OperationKind.DropKeyspace:
                    _keyspaces.Remove(operation.Keyspace);
                    break;
                default:
                    throw new InvalidOperationException($"No caller can ask for {operation.Kind}.");
            }
        }
    }

    private void Touch(ModelOperation operation, SubmittedBatch batch)
    {
        Keys keys = KeysOf(operation.Keyspace);
        if (keys.TryGetValue(operation.Key, out ModelValue value) && !value.IsExpired(batch.Ticks))
        {
            keys[operation.Key] = value with { ExpiresTicks = operation.ExpiresTicks };
        }
    }

    private static void RemoveRange(Keys keys, byte[] from, byte[] to)
    {
        foreach (byte[] key in keys.Keys
            .Where(k => KeyOrder.Instance.Compare(k, from) >= 0
                && (to.Length == 0 || KeyOrder.Instance.Compare(k, to) < 0))
            .ToList())
        {
            keys.Remove(key);
        }
    }

    private Keys KeysOf(string keyspace)
    {
        if (!_keyspaces.TryGetValue(keyspace, out Keys? keys))
        {
            keys = new Keys(KeyOrder.Instance);
            _keyspaces.Add(keyspace, keys);
        }

        return keys;
    }
}
