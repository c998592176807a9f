namespace LogEngine.Stores.Migration;

/// <summary>Walks through a keyspace of the source and that of the target together, key by key.</summary>
internal sealed class SideBySide(KeyspaceReader source, KeyspaceReader target, bool keysOnly)
    : IAsyncDisposable
{
    private readonly KeyScan _source = source.Scan(new ScanRange(default, KeysOnly: keysOnly));
    private readonly KeyScan _target = target.Scan(new ScanRange(default, KeysOnly: keysOnly));
    private bool _sourceHas;
    private bool _targetHas;
    private bool _begun;

    /// <summary>Below 0: only the source has the key; above 0: only the target; 0: both.</summary>
    internal int Side { get; private set; }

    internal bool InSource => Side <= 0;

    internal bool InTarget => Side >= 0;

    internal ReadOnlySpan<byte> Key => InSource ? _source.Key : _target.Key;

    internal ReadOnlySpan<byte> SourceValue => _source.Value;

    internal ReadOnlySpan<byte> TargetValue => _target.Value;

    internal ValueInfo SourceInfo => _source.Info;

    internal ValueInfo TargetInfo => _target.Info;

    internal async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (!_begun || (_sourceHas && InSource))
        {
            _sourceHas = await _source.MoveNextAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!_begun || (_targetHas && InTarget))
        {
            _targetHas = await _target.MoveNextAsync(cancellationToken).ConfigureAwait(false);
        }

        _begun = true;
        Side = !_sourceHas ? 1 : !_targetHas ? -1 : _source.Key.SequenceCompareTo(_target.Key);
        return _sourceHas || _targetHas;
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync().ConfigureAwait(false);
        await _target.DisposeAsync().ConfigureAwait(false);
    }
}
