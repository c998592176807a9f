using System.Globalization;
using System.Text;
using LogEngine;
using LogEngine.Stores;

namespace TaskRunner;

/// <summary>Compares what the workers left with what an undisturbed run leaves.</summary>
internal static class Check
{
    internal static async Task<bool> RunAsync(string directory)
    {
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
        IReadOnlyList<RunRow> rows = await (await engine.OpenRunsAsync("runs"))
            .LoadAsync(Workflow.Run);
        BlobStore blobs = await engine.OpenBlobsAsync("texts");
        bool right = true;
        foreach (string text in Texts.Names)
        {
            byte[] content = Texts.Content(text);
            long words = default(WordCount).With(content).Words;
            List<RunRow> results =
                [.. rows.Where(row => row.TaskId == text && row.State == Workflow.Counted)];
            long[] cursors =
            [
                .. rows.Where(row => row.TaskId == text && row.Kind == RunRowKind.Cursor)
                    .Select(row => WordCount.Parse(row.Data!.Value).Position),
            ];
            right &= results is [{ Data: { } data }]
                && long.Parse(Encoding.UTF8.GetString(data.Span), CultureInfo.InvariantCulture)
                    == words;

            // Each slice was counted once: no cursor stands still or goes back.
            right &= cursors.Order().Distinct().SequenceEqual(cursors)
                && cursors.Length == (content.Length + Texts.SliceBytes - 1) / Texts.SliceBytes;
            await blobs.VerifyAsync(BlobId.Of(content));
        }

        Console.WriteLine(right
            ? $"{rows.Count} rows, {Texts.Names.Count} texts: each fetched and counted once"
            : "WRONG: a step was lost or done twice");
        return right;
    }
}
