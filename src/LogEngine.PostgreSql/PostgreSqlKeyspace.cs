using System.Runtime.CompilerServices;
using LogEngine.PostgreSql.Reading;
using LogEngine.PostgreSql.Watching;
using LogEngine.PostgreSql.Writing;

namespace LogEngine.PostgreSql;

/// <summary>A keyspace of a <see cref="PostgreSqlEngine"/>.</summary>
internal sealed class PostgreSqlKeyspace : Keyspace
{
    private readonly Reads _reads;

    internal PostgreSqlKeyspace(PostgreSqlEngine engine, string name, IReadSource now, KeyRows rows)
        : base(engine, name)
    {
        Engine = engine;
        _reads = new Reads(now, rows, engine.Watches, name);
    }

    internal PostgreSqlEngine Engine { get; }

    public override ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        _reads.GetAsync(key, cancellationToken);

    public override ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default) =>
        _reads.GetManyAsync(keys, cancellationToken);

    public override ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default) =>
        _reads.GetInfoAsync(key, cancellationToken);

    public override ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default) =>
        _reads.GetFirstAsync(range, cancellationToken);

    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        _reads.CountAsync(cancellationToken);

    public override ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default) =>
        _reads.CountRangeAsync(range, cancellationToken);

    public override KeyScan Scan(ScanRange range = default)
    {
        Engine.RequireOpen();
        return _reads.Scan(range);
    }

    public override async ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default)
    {
        Engine.RequireOpen();
        return (await Engine.Watches.RecordAsync(Name, cancellationToken).ConfigureAwait(false)).Position;
    }

    protected override async IAsyncEnumerable<KeyChange> WatchCoreAsync(
        WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Engine.RequireOpen();
        using KeyspaceWatch watch = await KeyspaceWatch
            .BeginAsync(Engine.Watches, Name, options, cancellationToken).ConfigureAwait(false);
        if (options.StartsWithState)
        {
            ReadView view = await Engine.OpenReadViewAsync(cancellationToken).ConfigureAwait(false);
            await using (view.ConfigureAwait(false))
            {
                KeyspaceReader state = view.In(this);
                WatchPosition moment = await state.GetPositionAsync(cancellationToken).ConfigureAwait(false);
                if (!options.BeforeDurable)
                {
                    await Engine.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                KeyScan scan = state.Scan(ScanRange.Prefix(options.Prefix));
                await using (scan.ConfigureAwait(false))
                {
                    while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                    {
                        yield return scan.ToState(moment);
                    }
                }

                watch.StartAt(moment);
                yield return new KeyChange { Kind = KeyChangeKind.Progress, Position = moment };
            }
        }

        while (true)
        {
            IReadOnlyList<KeyChange> changes = await watch
                .NextAsync(options.ReportsProgress, cancellationToken).ConfigureAwait(false);
            foreach (KeyChange change in changes)
            {
                yield return await watch.WithValueAsync(change, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override ValueTask<long> PutAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        KeyCheck.RequireValue(value.Length);
        return Engine.Writes.PointAsync(
            Name, key.ToArray(), value.ToArray(), Writes.Ticks(expiresAt), Engine.LevelOf(durability),
            cancellationToken);
    }

    public override ValueTask<long> DeleteAsync(
        ReadOnlyMemory<byte> key,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        return Engine.Writes.PointAsync(
            Name, key.ToArray(), null, 0, Engine.LevelOf(durability), cancellationToken);
    }

    public override async ValueTask<ConditionalResult> TryDeleteAsync(
        ReadOnlyMemory<byte> key,
        long? expectedVersion = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        if (expectedVersion is { } expected)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(expected, 1, nameof(expectedVersion));
        }

        ApplyAnswer answer = await Engine.Writes.JudgeAsync(
            Name,
            new Judgement(WriteOperationKind.Delete, key.ToArray(), null, 0, expectedVersion),
            Engine.LevelOf(durability),
            cancellationToken).ConfigureAwait(false);
        return answer.IsDone
            ? new ConditionalResult(answer.Hit != 0, answer.Hit)
            : new ConditionalResult(false, answer.Actual);
    }

    public override async ValueTask<long> DeleteRangeAsync(
        ReadOnlyMemory<byte> from,
        ReadOnlyMemory<byte> to,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(from.Span, to.Span);
        ApplyAnswer answer = await Engine.Writes.JudgeAsync(
            Name,
            new Judgement(WriteOperationKind.DeleteRange, from.ToArray(), to.ToArray(), 0, null),
            Engine.LevelOf(durability),
            cancellationToken).ConfigureAwait(false);
        return answer.Actual;
    }

    public override async ValueTask<ConditionalResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key,
        ReadOnlyMemory<byte> value,
        long expectedVersion,
        Durability? durability = null,
        DateTimeOffset? expiresAt = null,
        CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        KeyCheck.RequireValue(value.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(expectedVersion);
        ApplyAnswer answer = await Engine.Writes.JudgeAsync(
            Name,
            new Judgement(
                WriteOperationKind.Put, key.ToArray(), value.ToArray(), Writes.Ticks(expiresAt),
                expectedVersion),
            Engine.LevelOf(durability),
            cancellationToken).ConfigureAwait(false);
        return new ConditionalResult(answer.IsDone, answer.Actual);
    }

    public override async ValueTask<bool> TouchAsync(
        ReadOnlyMemory<byte> key,
        DateTimeOffset? expiresAt,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        ApplyAnswer answer = await Engine.Writes.JudgeAsync(
            Name,
            new Judgement(WriteOperationKind.Touch, key.ToArray(), null, Writes.Ticks(expiresAt), null),
            Engine.LevelOf(durability),
            cancellationToken).ConfigureAwait(false);
        return answer.Hit != 0;
    }
}
