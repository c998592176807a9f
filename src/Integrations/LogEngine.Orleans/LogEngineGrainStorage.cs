using LogEngine.Stores;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace LogEngine.Orleans;

/// <summary>
/// States of grains in a keyspace of an engine, each under its store, its name, and the type and key of its grain.
/// Every write and clear is one commit under a condition on the row's version, which is the ETag.
/// </summary>
internal sealed class LogEngineGrainStorage(
    string name,
    LogEngineGrainStorageOptions options,
    IActivatorProvider activators,
    IOptions<ClusterOptions> cluster,
    IServiceProvider services) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly string _store = options.Store ?? name;

    /// <summary>Null before the silo has come to the stage.</summary>
    private Keyspace? _opened;

    private Keyspace States => _opened ?? throw new InvalidOperationException(
        $"Grain storage '{name}' is used before stage {options.InitStage} of the silo's lifecycle.");

    public void Participate(ISiloLifecycle lifecycle)
    {
        ArgumentNullException.ThrowIfNull(lifecycle);
        lifecycle.Subscribe(
            OptionFormattingUtilities.Name<LogEngineGrainStorage>(name), options.InitStage, StartAsync);
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        using StoredValue? row = await States.GetAsync(KeyOf(stateName, grainId), cancellationToken)
            .ConfigureAwait(false);
        byte[]? state = row is null ? null : StateRow.StateIn(row.Memory.Span, What(stateName, grainId));
        grainState.State = state is null ? New<T>() : Deserialize<T>(state, stateName, grainId) ?? New<T>();
        grainState.RecordExists = state is not null;
        grainState.ETag = row is null ? null : ETags.Of(row.Version);
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        byte[] row = StateRow.Of(options.GrainStorageSerializer.Serialize(grainState.State).ToMemory().Span);
        grainState.ETag = await SetAsync(stateName, grainId, row, grainState.ETag, cancellationToken)
            .ConfigureAwait(false);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(
        string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        if (string.IsNullOrEmpty(grainState.ETag))
        {
            // Of a state that was never written there is nothing to clear; this only sees that it is so.
            ValueInfo? row = await States.GetInfoAsync(KeyOf(stateName, grainId), cancellationToken)
                .ConfigureAwait(false);
            if (row is { } there)
            {
                throw Inconsistent(stateName, grainId, there.Version, grainState.ETag);
            }

            grainState.ETag = null;
        }
        else if (options.DeleteStateOnClear)
        {
            await DeleteAsync(stateName, grainId, grainState.ETag, cancellationToken).ConfigureAwait(false);
            grainState.ETag = null;
        }
        else
        {
            grainState.ETag = await SetAsync(
                stateName, grainId, StateRow.Cleared, grainState.ETag, cancellationToken).ConfigureAwait(false);
        }

        grainState.RecordExists = false;
        grainState.State = New<T>();
    }

    private Task StartAsync(CancellationToken cancellationToken)
    {
        _opened = Engines.KeyspaceOf(
            services, options.Engine, options.Durability, "state", cluster.Value, $"Grain storage '{name}'");
        return Task.CompletedTask;
    }

    /// <returns>The new ETag.</returns>
    private async Task<string> SetAsync(
        string stateName,
        GrainId grainId,
        ReadOnlyMemory<byte> row,
        string? etag,
        CancellationToken cancellationToken)
    {
        ConditionalResult result = await States.CompareAndSetAsync(
            KeyOf(stateName, grainId),
            row,
            await ExpectedAsync(stateName, grainId, etag, cancellationToken).ConfigureAwait(false),
            options.Durability,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        return result.Applied
            ? ETags.Of(result.Version)
            : throw Inconsistent(stateName, grainId, result.Version, etag);
    }

    private async Task DeleteAsync(
        string stateName, GrainId grainId, string etag, CancellationToken cancellationToken)
    {
        ConditionalResult result = await States.TryDeleteAsync(
            KeyOf(stateName, grainId),
            await ExpectedAsync(stateName, grainId, etag, cancellationToken).ConfigureAwait(false),
            options.Durability,
            cancellationToken).ConfigureAwait(false);
        if (!result.Applied)
        {
            throw Inconsistent(stateName, grainId, result.Version, etag);
        }
    }

    /// <exception cref="InconsistentStateException">No row can have that ETag.</exception>
    private async ValueTask<long> ExpectedAsync(
        string stateName, GrainId grainId, string? etag, CancellationToken cancellationToken)
    {
        if (ETags.TryParse(etag, out long version))
        {
            return version;
        }

        ValueInfo? row = await States.GetInfoAsync(KeyOf(stateName, grainId), cancellationToken)
            .ConfigureAwait(false);
        throw Inconsistent(stateName, grainId, row?.Version ?? 0, etag);
    }

    private InconsistentStateException Inconsistent(
        string stateName, GrainId grainId, long stored, string? etag) => new(
            $"{What(stateName, grainId)} has been changed since it was read; nothing was written.",
            stored == 0 ? "none" : ETags.Of(stored),
            string.IsNullOrEmpty(etag) ? "none" : etag);

    private byte[] KeyOf(string stateName, GrainId grainId)
    {
        KeyWriter key = new();
        key.Add(_store, "The store's name");
        key.Add(stateName, "The state's name");
        key.Add(grainId.Type.AsSpan());
        key.AddLast(grainId.Key.AsSpan());
        return key.ToKey();
    }

    private T? Deserialize<T>(byte[] state, string stateName, GrainId grainId)
    {
        try
        {
            return options.GrainStorageSerializer.Deserialize<T>(new BinaryData(state));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new UndecodableValueException(What(stateName, grainId), error);
        }
    }

    private T New<T>() => activators.GetActivator<T>().Create();

    private string What(string stateName, GrainId grainId) =>
        $"State '{stateName}' of grain {grainId} in storage '{name}'";
}
