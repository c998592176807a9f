using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Migration;

/// <summary>One migration, from a view of the source.</summary>
internal sealed class Migration(
    StorageEngine source,
    StorageEngine target,
    ReadView view,
    MigrationOptions options,
    MigrationMeter meter)
{
    private readonly IQueueProvider? _from = EngineQueues.ProviderOf(source);
    private readonly IQueueProvider? _into = EngineQueues.ProviderOf(target);

    internal async Task<MigrationReport> RunAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> all = await view.ListKeyspacesAsync(cancellationToken)
            .ConfigureAwait(false);
        if (all.Contains(MigrationState.KeyspaceName))
        {
            throw new MigrationRefusedException(MigrationObstacle.SourceUnfinished);
        }

        IReadOnlyList<string> queues = _from is null ? []
            : await _from.ListQueuesAsync(view, cancellationToken).ConfigureAwait(false);
        if (queues.Count > 0 && _into is null)
        {
            throw new MigrationRefusedException(MigrationObstacle.NoQueues);
        }

        List<string> keyspaces = [.. WithoutQueues(all, _from, queues)];
        (List<string> there, bool isEmpty) = await LookAtTargetAsync(cancellationToken)
            .ConfigureAwait(false);
        MigrationState state = await MigrationState.EnterAsync(
            source, target, options.Resume, isEmpty, cancellationToken).ConfigureAwait(false);

        await CopyAsync(state, keyspaces, there, cancellationToken).ConfigureAwait(false);
        QueueCopy? copy = options.Ahead || _from is null || _into is null ? null
            : new QueueCopy(target, _from, _into, meter);
        if (copy is not null)
        {
            await copy.RunAsync(queues, view, cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<MigrationCheck> checks = options.Verify
            ? await VerifyAsync(state, keyspaces, copy, queues, cancellationToken)
                .ConfigureAwait(false)
            : [];
        await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (!options.Ahead)
        {
            await state.FinishAsync(cancellationToken).ConfigureAwait(false);
        }

        return new MigrationReport
        {
            IsComplete = !options.Ahead,
            Copied = meter.Copied,
            Removed = meter.Removed,
            CopiedBytes = meter.CopiedBytes,
            Checks = checks,
        };
    }

    private static IEnumerable<string> WithoutQueues(
        IReadOnlyList<string> keyspaces, IQueueProvider? provider, IReadOnlyList<string> queues) =>
        provider is null ? keyspaces : keyspaces.Except(queues.SelectMany(provider.KeyspacesOf));

    /// <summary>The keyspaces that the target has, without the state's and those of queues.</summary>
    private async Task<(List<string> Keyspaces, bool IsEmpty)> LookAtTargetAsync(
        CancellationToken cancellationToken)
    {
        IReadOnlyList<string> all = await target.ListKeyspacesAsync(cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<string> queues = _into is null ? []
            : await _into.ListQueuesAsync(cancellationToken).ConfigureAwait(false);

        // A crash may have come between the state's keyspace and the first word in it: nothing was begun.
        string[] others = [.. all.Where(name => name != MigrationState.KeyspaceName)];
        return ([.. WithoutQueues(others, _into, queues)], others.Length + queues.Count == 0);
    }

    private async Task CopyAsync(
        MigrationState state,
        List<string> keyspaces,
        List<string> there,
        CancellationToken cancellationToken)
    {
        foreach (string gone in there.Except(keyspaces))
        {
            await target.DropKeyspaceAsync(gone, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            meter.AddRemoved();
        }

        foreach (string name in keyspaces)
        {
            KeyspaceCopy copy = new(
                target,
                EngineMigration.KeyspaceOf(target, name),
                view.In(EngineMigration.KeyspaceOf(source, name)),
                state,
                meter);
            await copy.RunAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Where something differs nothing that is known of the target can be relied on: the next migration
    /// compares every value, and mends it.
    /// </summary>
    private async Task<IReadOnlyList<MigrationCheck>> VerifyAsync(
        MigrationState state,
        List<string> keyspaces,
        QueueCopy? copy,
        IReadOnlyList<string> queues,
        CancellationToken cancellationToken)
    {
        try
        {
            List<MigrationCheck> checks = [];
            ReadView now = await target.OpenReadViewAsync(cancellationToken).ConfigureAwait(false);
            await using (now.ConfigureAwait(false))
            {
                foreach (string name in keyspaces)
                {
                    checks.Add(await KeyspaceCheck.RunAsync(
                        view.In(EngineMigration.KeyspaceOf(source, name)),
                        now.In(EngineMigration.KeyspaceOf(target, name)),
                        source.TimeProvider,
                        meter,
                        cancellationToken).ConfigureAwait(false));
                }
            }

            foreach (string queue in copy is null ? [] : queues)
            {
                checks.Add(await copy!.CheckAsync(queue, view, cancellationToken)
                    .ConfigureAwait(false));
            }

            return checks;
        }
        catch (MigrationMismatchException)
        {
            await state.DistrustAsync().ConfigureAwait(false);
            throw;
        }
    }
}
