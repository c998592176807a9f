using System.Globalization;
using System.Text;
using LogEngine;
using LogEngine.Stores;

namespace TaskRunner;

/// <summary>
/// Reads twelve texts: fetches each (a blob), counts its words slice by slice (cursor rows of the
/// run), notes the result (a state row). What is to be done next is a checkpoint.
/// </summary>
/// <remarks>
/// A step's effects commit in one batch, so however the process ends, a step is done or it is not:
/// nothing is fetched twice, counted twice or left out.
/// </remarks>
internal sealed class Workflow
{
    internal const string Run = "word-count";
    internal const string Fetched = "fetched";
    internal const string Counted = "counted";

    private readonly EmbeddedEngine _engine;
    private readonly RunLog _runs;
    private readonly CheckpointStore _checkpoints;
    private readonly BlobStore _blobs;
    private WorkCheckpoint _work;

    private Workflow(
        EmbeddedEngine engine,
        RunLog runs,
        CheckpointStore checkpoints,
        BlobStore blobs,
        WorkCheckpoint work)
    {
        _engine = engine;
        _runs = runs;
        _checkpoints = checkpoints;
        _blobs = blobs;
        _work = work;
    }

    /// <summary>Where the work stands, in words.</summary>
    internal async Task<string> DescribeAsync() => _work is { Sequence: 0 }
        ? "beginning"
        : $"going on after {_work.Metadata["steps"]} steps and {await _runs.CountRowsAsync(Run)} rows: "
            + $"{_work.Queued.Count} texts wait, "
            + $"{(_work.InProgress is [string text] ? text : "none")} is in progress";

    internal static async Task<Workflow> OpenAsync(EmbeddedEngine engine)
    {
        CheckpointStore checkpoints = await engine.OpenCheckpointsAsync("work");
        CheckpointLoad<WorkCheckpoint> load = await checkpoints.LoadLatestWorkAsync(Run);
        return new Workflow(
            engine,
            await engine.OpenRunsAsync("runs"),
            checkpoints,
            await engine.OpenBlobsAsync("texts"),
            load.Latest?.Payload ?? new WorkCheckpoint
            {
                Timestamp = TimeProvider.System.GetUtcNow(),
                Queued = Texts.Names,
            });
    }

    /// <summary>Works until nothing is left to do.</summary>
    /// <param name="progressed">Called after each step.</param>
    internal async Task RunAsync(Action progressed)
    {
        while (true)
        {
            if (_work.InProgress is [string text])
            {
                await CountAsync(text, progressed);
            }
            else if (_work.Queued is [string next, ..])
            {
                await FetchAsync(next);
            }
            else
            {
                return;
            }

            progressed();
        }
    }

    /// <summary>Takes a text off the queue: blob, row and checkpoint in one batch.</summary>
    private async Task FetchAsync(string text)
    {
        byte[] content = Texts.Content(text);
        WriteBatch batch = _engine.CreateBatch();
        StoredBlob blob = _blobs.Put(
            batch, content, new BlobDescription("text/plain", Label: text), owner: text);
        Note(batch, new RunRow(0, Fetched, text, Bytes(blob.Id.ToString())));
        await CommitAsync(batch, Step() with
        {
            Queued = [.. _work.Queued.Skip(1)],
            InProgress = [text],
        });
    }

    /// <summary>
    /// Counts from the last cursor on. Each slice leaves one, so a kill costs a slice at most.
    /// </summary>
    private async Task CountAsync(string text, Action progressed)
    {
        RunRow last = (await _runs.LoadLastAsync(Run))!;
        BlobId blob = default;
        WordCount count = last.Kind == RunRowKind.Cursor
            ? WordCount.Parse(last.Data!.Value)
            : default;
        await foreach (RunRow row in _runs.ReadAsync(Run))
        {
            if (row is { State: Fetched, Data: { } id } && row.TaskId == text)
            {
                blob = BlobId.Parse(Encoding.UTF8.GetString(id.Span));
            }
        }

        await using Stream stream = await _blobs.OpenReadAsync(blob, count.Position);
        byte[] slice = new byte[Texts.SliceBytes];
        int length;
        while ((length = await stream.ReadAtLeastAsync(slice, slice.Length, false)) > 0)
        {
            count = count.With(slice.AsSpan(0, length));
            await Task.Delay(2);
            await _runs.AppendNextAsync(
                Run,
                new RunRow(0, "counting", text, count.ToBytes(), RunRowKind.Cursor),
                Durability.ProcessCrash);
            progressed();
        }

        WriteBatch batch = _engine.CreateBatch();
        Note(batch, new RunRow(0, Counted, text, Bytes(count.Words.ToString(
            CultureInfo.InvariantCulture))));
        await CommitAsync(batch, Step() with { InProgress = [] });
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private void Note(WriteBatch batch, RunRow row) => _runs.AppendNext(batch, Run, row);

    private WorkCheckpoint Step() => _work with
    {
        Timestamp = TimeProvider.System.GetUtcNow(),
        Metadata = new Dictionary<string, string>
        {
            ["steps"] = $"{_work.Sequence + 1}",
        },
    };

    private async Task CommitAsync(WriteBatch batch, WorkCheckpoint next)
    {
        PendingValue<long> sequence = _checkpoints.Save(batch, Run, next);
        await _engine.CommitAsync(batch);
        _work = next with { Sequence = sequence.Value };
    }
}
