using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>
/// Documents on their way into a store: so many at a time, all of those or none. The first lot is read
/// before an engine is made for it.
/// </summary>
internal sealed class DocumentImport : IAsyncDisposable
{
    private const int MostAtOnce = 1000;
    private const int MostBytesAtOnce = 4 << 20;

    private readonly Stream _input;
    private readonly IAsyncEnumerator<JsonLine> _lines;
    private readonly List<JsonLine> _lot = [];
    private bool _ended;
    private long _saved;

    private DocumentImport(Stream input, IAsyncEnumerator<JsonLine> lines)
    {
        _input = input;
        _lines = lines;
    }

    internal static async Task<DocumentImport> BeginAsync(
        Stream input, CancellationToken cancellationToken)
    {
        DocumentImport import = new(
            input,
            JsonLines.ReadAsync(input, cancellationToken).GetAsyncEnumerator(cancellationToken));
        await import.ReadAsync();
        return import;
    }

    /// <summary>Saves the lot that has been read, as one commit.</summary>
    internal async Task SaveLotAsync(
        StorageEngine engine, string store, CancellationToken cancellationToken)
    {
        DocumentStore documents = await engine.OpenDocumentsAsync(store, cancellationToken);
        WriteBatch batch = engine.CreateBatch();
        foreach (JsonLine line in _lot)
        {
            try
            {
                documents.Save(batch, line.Text("key"), line.Any("value"));
            }
            catch (Exception error) when (error is RecordTooLargeException
                or ArgumentException { ParamName: not null })
            {
                throw line.Wrong($"is refused: {Failure.Of(error).Line}");
            }
        }

        if (_lot.Count > 0)
        {
            await engine.CommitAsync(batch, cancellationToken: cancellationToken);
        }
    }

    /// <summary>Saves all of the input; a failure says how many documents came before it.</summary>
    internal async Task<Outcome> SaveAllAsync(
        StorageEngine engine, string store, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await SaveLotAsync(engine, store, cancellationToken);
                _saved += _lot.Count;
                if (_ended)
                {
                    return new Outcome($"{_saved} documents saved", ("saved", _saved));
                }

                await ReadAsync();
            }
            catch (ArgumentException error) when (_saved > 0)
            {
                throw new ArgumentException(
                    $"{Failure.Of(error).Line}; {_saved} documents before it were saved");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lines.DisposeAsync();
        await _input.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        _lot.Clear();
        for (long bytes = 0; _lot.Count < MostAtOnce && bytes < MostBytesAtOnce;)
        {
            if (!await _lines.MoveNextAsync())
            {
                _ended = true;
                return;
            }

            // Looked at here, so that the lines of a lot are all right before one is saved.
            JsonLine line = _lines.Current;
            _lot.Add(line);
            bytes += line.Text("key").Length + line.Any("value").GetRawText().Length;
        }
    }
}
