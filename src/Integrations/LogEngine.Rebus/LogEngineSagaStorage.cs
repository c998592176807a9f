using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Rebus.Exceptions;
using Rebus.Sagas;

namespace LogEngine.Rebus;

/// <summary>
/// Sagas in a keyspace of an engine. What has changed meanwhile is seen twice: when the saga is saved, where Rebus can
/// resolve the conflict, and by conditions when the write is committed.
/// </summary>
internal sealed class LogEngineSagaStorage(StorageEngine engine, string name, JsonSerializerOptions json) : ISagaStorage
{
    private readonly Keyspace _keyspace = engine.GetStoreKeyspace($"logengine/rebus/sagas/{name}");

    public async Task<ISagaData?> Find(Type sagaDataType, string propertyName, object propertyValue)
    {
        ArgumentNullException.ThrowIfNull(sagaDataType);
        Guid id;
        if (propertyName == nameof(ISagaData.Id))
        {
            if (!Guid.TryParse(Text(propertyValue), out id))
            {
                return null;
            }
        }
        else
        {
            using StoredValue? found = Text(propertyValue) is { } text
                ? await _keyspace.GetAsync(SagaKeys.Correlation(sagaDataType, propertyName, text))
                    .ConfigureAwait(false)
                : null;
            if (found is null)
            {
                return null;
            }

            id = new Guid(found.Memory.Span, bigEndian: true);
        }

        if (await LoadAsync(sagaDataType, id).ConfigureAwait(false) is not { } saga)
        {
            return null;
        }

        ISagaData data = (ISagaData)saga.Row.Data.Deserialize(sagaDataType, json)!;
        data.Id = id;
        data.Revision = saga.Row.Revision;
        return data;
    }

    public async Task Insert(
        ISagaData sagaData, IEnumerable<ISagaCorrelationProperty> correlationProperties)
    {
        ArgumentNullException.ThrowIfNull(sagaData);
        if (sagaData.Id == Guid.Empty || sagaData.Revision != 0)
        {
            throw new InvalidOperationException(
                "A new saga must have an id and revision 0; it has "
                + $"id {sagaData.Id} and revision {sagaData.Revision}.");
        }

        Type type = sagaData.GetType();
        byte[] key = SagaKeys.Saga(type, sagaData.Id);
        Dictionary<string, string> correlations = CorrelationsOf(sagaData, correlationProperties);
        byte[][] added = Keys(type, correlations);
        await RequireAbsentAsync(sagaData, [key, .. added]).ConfigureAwait(false);
        byte[] row = Encode(sagaData, correlations);
        await Conditions.WriteAsync(engine, batch =>
        {
            batch.RequireAbsent(_keyspace, key);
            batch.Put(_keyspace, key, row);
            AddCorrelations(batch, sagaData.Id, added);
        }).ConfigureAwait(false);
    }

    public async Task Update(
        ISagaData sagaData, IEnumerable<ISagaCorrelationProperty> correlationProperties)
    {
        ArgumentNullException.ThrowIfNull(sagaData);
        Type type = sagaData.GetType();
        byte[] key = SagaKeys.Saga(type, sagaData.Id);
        (SagaRow before, long version) = await RequireUnchangedAsync(sagaData).ConfigureAwait(false);
        Dictionary<string, string> after = CorrelationsOf(sagaData, correlationProperties);
        byte[][] removed = Keys(type, before.Correlations.Except(after));
        byte[][] added = Keys(type, after.Except(before.Correlations));
        await RequireAbsentAsync(sagaData, added).ConfigureAwait(false);
        sagaData.Revision++;
        try
        {
            byte[] row = Encode(sagaData, after);
            await Conditions.WriteAsync(engine, batch =>
            {
                batch.RequireVersion(_keyspace, key, version);
                batch.Put(_keyspace, key, row);
                foreach (byte[] correlation in removed)
                {
                    batch.Delete(_keyspace, correlation);
                }

                AddCorrelations(batch, sagaData.Id, added);
            }).ConfigureAwait(false);
        }
        catch
        {
            sagaData.Revision--;
            throw;
        }
    }

    public async Task Delete(ISagaData sagaData)
    {
        ArgumentNullException.ThrowIfNull(sagaData);
        Type type = sagaData.GetType();
        byte[] key = SagaKeys.Saga(type, sagaData.Id);
        (SagaRow before, long version) = await RequireUnchangedAsync(sagaData).ConfigureAwait(false);
        await Conditions.WriteAsync(engine, batch =>
        {
            batch.RequireVersion(_keyspace, key, version);
            batch.Delete(_keyspace, key);
            foreach ((string property, string value) in before.Correlations)
            {
                batch.Delete(_keyspace, SagaKeys.Correlation(type, property, value));
            }
        }).ConfigureAwait(false);
        sagaData.Revision++;
    }

    private void AddCorrelations(WriteBatch batch, Guid id, byte[][] keys)
    {
        byte[] value = id.ToByteArray(bigEndian: true);
        foreach (byte[] key in keys)
        {
            batch.RequireAbsent(_keyspace, key);
            batch.Put(_keyspace, key, value);
        }
    }

    private async Task<(SagaRow Row, long Version)?> LoadAsync(Type type, Guid id)
    {
        using StoredValue? stored = await _keyspace.GetAsync(SagaKeys.Saga(type, id)).ConfigureAwait(false);
        return stored is null
            ? null
            : (JsonSerializer.Deserialize(stored.Memory.Span, SagaJson.Default.SagaRow)!, stored.Version);
    }

    private async Task<(SagaRow Row, long Version)> RequireUnchangedAsync(ISagaData saga)
    {
        (SagaRow Row, long Version)? found = await LoadAsync(saga.GetType(), saga.Id).ConfigureAwait(false);
        return found is { } present && present.Row.Revision == saga.Revision
            ? present
            : throw new ConcurrencyException(
                $"Saga {saga.Id} of {saga.GetType()} was loaded with revision {saga.Revision}, and "
                + (found is null ? "is gone." : $"has revision {found.Value.Row.Revision} now."));
    }

    private async Task RequireAbsentAsync(ISagaData saga, byte[][] keys)
    {
        foreach (byte[] key in keys)
        {
            if (await _keyspace.ContainsAsync(key).ConfigureAwait(false))
            {
                throw new ConcurrencyException(
                    $"Saga {saga.Id} of {saga.GetType()}: there is one with the same id, or the same value of a "
                    + "correlation property.");
            }
        }
    }

    private byte[] Encode(ISagaData saga, Dictionary<string, string> correlations) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new SagaRow(
                saga.Revision, correlations, JsonSerializer.SerializeToElement(saga, saga.GetType(), json)),
            SagaJson.Default.SagaRow);

    /// <summary>The id is no correlation of its own: the saga's key has it.</summary>
    private static Dictionary<string, string> CorrelationsOf(
        ISagaData saga, IEnumerable<ISagaCorrelationProperty> properties)
    {
        Dictionary<string, string> correlations = new(StringComparer.Ordinal);
        foreach (string property in properties.Select(of => of.PropertyName))
        {
            if (property != nameof(ISagaData.Id) && Text(ValueOf(saga, property)) is { } value)
            {
                correlations[property] = value;
            }
        }

        return correlations;
    }

    /// <summary>The value of a property, or of one of a property's: Rebus names these with a dot between.</summary>
    private static object? ValueOf(object? of, string path)
    {
        foreach (string name in path.Split('.'))
        {
            if (of is null)
            {
                return null;
            }

            PropertyInfo property = of.GetType().GetProperty(name)
                ?? throw new ArgumentException($"{of.GetType()} has no property {name}.", nameof(path));
            of = property.GetValue(of);
        }

        return of;
    }

    private static byte[][] Keys(Type type, IEnumerable<KeyValuePair<string, string>> correlations) =>
        [.. correlations.Select(of => SagaKeys.Correlation(type, of.Key, of.Value))];

    private static string? Text(object? value) =>
        Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : null;
}
