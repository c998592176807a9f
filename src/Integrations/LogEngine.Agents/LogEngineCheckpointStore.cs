using System.Text.Json;
using LogEngine.Stores;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Agents.AI.Workflows.Checkpointing;

namespace LogEngine.Agents;

/// <summary>
/// Keeps the checkpoints of workflows in a <see cref="CheckpointStore"/>, so that a workflow whose process was killed
/// goes on behind the last step that completed:
/// <c>CheckpointManager.CreateJson(new LogEngineCheckpointStore(store))</c>.
/// </summary>
/// <remarks>
/// <para>
/// All members are thread-safe, and any number of sessions, and of these objects, share a store. The checkpoints of a
/// session are numbered from 1 in the order in which they are saved; the number is the checkpoint's id, and is never
/// used again. A session's id has 1 to 1,024 bytes of UTF-8, a checkpoint up to about 64 MiB of JSON.
/// </para>
/// <para>
/// The store should hold the checkpoints of workflows and nothing else. It belongs to the caller, as its engine does.
/// </para>
/// </remarks>
public sealed class LogEngineCheckpointStore : JsonCheckpointStore
{
    private readonly CheckpointStore _store;
    private readonly LogEngineCheckpointOptions _options;

    /// <summary>Keeps checkpoints in a store.</summary>
    /// <param name="store">
    /// The store: <c>await engine.OpenCheckpointsAsync("workflows")</c>. Its own
    /// <see cref="CheckpointStoreOptions.Keep"/> does not count here.
    /// </param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public LogEngineCheckpointStore(CheckpointStore store, LogEngineCheckpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _options = options ?? new LogEngineCheckpointOptions();
        _options.Validate();
    }

    /// <summary>Saves a checkpoint behind those of its session, in one commit.</summary>
    /// <param name="sessionId">The session, 1 to 1,024 bytes of UTF-8.</param>
    /// <param name="value">The checkpoint.</param>
    /// <param name="parent">The checkpoint that it follows; null for none.</param>
    /// <returns>Its session and its number. It is as durable as the options say.</returns>
    /// <exception cref="ArgumentException">
    /// The session's id is empty, too long or no valid text.
    /// </exception>
    /// <exception cref="RecordTooLargeException">It is too large; nothing was written.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    public override async ValueTask<CheckpointInfo> CreateCheckpointAsync(
        string sessionId, JsonElement value, CheckpointInfo? parent = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        long number = await _store.SaveAsync(
            sessionId,
            CheckpointPayload.Encode(sessionId, value, parent),
            _options.Durability,
            _options.Keep ?? int.MaxValue).ConfigureAwait(false);
        return CheckpointPayload.InfoOf(sessionId, number);
    }

    /// <summary>A checkpoint by its id.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="key">The checkpoint.</param>
    /// <exception cref="KeyNotFoundException">There is none: it never was, or is no longer kept.</exception>
    /// <exception cref="CorruptionException">It is damaged; those before it can be resumed from.</exception>
    /// <exception cref="UndecodableValueException">Something else has written it.</exception>
    public override async ValueTask<JsonElement> RetrieveCheckpointAsync(string sessionId, CheckpointInfo key)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        ArgumentNullException.ThrowIfNull(key);
        if (CheckpointPayload.NumberOf(key) is var number and > 0 && key.SessionId == sessionId)
        {
            try
            {
                Checkpoint<ReadOnlyMemory<byte>> found = await _store.LoadAsync(sessionId, number)
                    .ConfigureAwait(false);
                return CheckpointPayload.Decode(found.Payload, key);
            }
            catch (StorageNotFoundException error)
            {
                throw Missing(sessionId, key, error);
            }
        }

        throw Missing(sessionId, key, null);
    }

    /// <summary>The checkpoints of a session, the oldest first.</summary>
    /// <param name="sessionId">The session; one without checkpoints has an empty list.</param>
    /// <param name="withParent">
    /// Only those that follow this one; null for all. Then the checkpoints themselves are read.
    /// </param>
    /// <exception cref="ArgumentException">The session's id is empty, too long or no valid text.</exception>
    public override async ValueTask<IEnumerable<CheckpointInfo>> RetrieveIndexAsync(
        string sessionId, CheckpointInfo? withParent = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(sessionId);
        List<CheckpointInfo> found = [];
        await foreach (CheckpointEntry entry in _store.ListAsync(sessionId).ConfigureAwait(false))
        {
            CheckpointInfo info = CheckpointPayload.InfoOf(sessionId, entry.Sequence);
            if (withParent is null
                || await FollowsAsync(info, entry.Sequence, withParent).ConfigureAwait(false))
            {
                found.Add(info);
            }
        }

        return found;
    }

    /// <summary>Names of the sessions that have checkpoints, in the order of their UTF-8.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    public IAsyncEnumerable<string> ListSessionsAsync(CancellationToken cancellationToken = default) =>
        _store.ListNamesAsync(cancellationToken: cancellationToken);

    /// <summary>
    /// Removes all checkpoints of a session, as one record: for a workflow that has ended, or will not be resumed.
    /// Numbers go on if the session is used again.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>False where there were none.</returns>
    /// <exception cref="ArgumentException">The session's id is empty, too long or no valid text.</exception>
    public ValueTask<bool> DeleteSessionAsync(
        string sessionId, CancellationToken cancellationToken = default) =>
        _store.ClearAsync(sessionId, _options.Durability, cancellationToken);

    private async ValueTask<bool> FollowsAsync(CheckpointInfo info, long number, CheckpointInfo parent)
    {
        try
        {
            Checkpoint<ReadOnlyMemory<byte>> found = await _store.LoadAsync(info.SessionId, number)
                .ConfigureAwait(false);
            return parent.Equals(CheckpointPayload.ParentIn(found.Payload, info));
        }
        catch (StorageNotFoundException)
        {
            // Pushed out since it was listed.
            return false;
        }
    }

    private static KeyNotFoundException Missing(string sessionId, CheckpointInfo key, Exception? inner) => new(
        $"There is no checkpoint {key.CheckpointId} of session '{sessionId}': it has never been saved here, or is no "
        + "longer kept.",
        inner);
}
