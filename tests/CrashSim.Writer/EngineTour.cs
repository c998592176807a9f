namespace LogEngine.CrashWriter;

/// <summary>
/// Everything an engine does to its files, one thing after the other: it fills segments, writes
/// snapshots, compacts, frees, drops, closes and opens again. For a parent that kills it on the
/// way, or makes a call of it fail.
/// </summary>
/// <remarks>
/// Lines: "ready sequence" twice; those of <see cref="EngineSpeaker"/>; at last "closed", or
/// "failed type".
/// </remarks>
internal static class EngineTour
{
    private const int Rounds = 2;

    internal static async Task<int> RunAsync(
        string directory, StorageEngineOptions options, int run)
    {
        try
        {
            for (int round = 0; round < Rounds; round++)
            {
                await using EmbeddedEngine engine =
                    await StorageEngine.OpenAsync(directory, options);
                Program.Say($"ready {engine.VisibleSequence}");
                await GoAsync(new EngineSpeaker(engine, run), round * 100);
                await engine.CloseAsync();
            }

            Program.Say("closed");
            return 0;
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Program.Say($"failed {error.GetType().Name}");
            return 2;
        }
    }

    private static async Task GoAsync(EngineSpeaker speaker, int counter)
    {
        for (int i = 0; i < 8; i++)
        {
            await speaker.CommitAsync(
                0, counter++, Durability.PowerLoss, Row(i % 3, 12, 900));
        }

        await EngineSpeaker.MaintainAsync("snapshot", () => speaker.Engine.SnapshotAsync().AsTask());
        await speaker.CommitAsync(
            0, counter++, Durability.ProcessCrash, EngineChange.Put("a", "large", 9000));
        await speaker.CommitAsync(
            0,
            counter++,
            Durability.PowerLoss,
            EngineChange.DeleteRange("a", "k1", "k2"),
            EngineChange.Put("b", "both", 700),
            EngineChange.Delete("a", "k0-0"));
        await EngineSpeaker.MaintainAsync("snapshot", () => speaker.Engine.SnapshotAsync().AsTask());
        await EngineSpeaker.MaintainAsync("compact", () => speaker.Engine.CompactAsync().AsTask());
        await speaker.CommitAsync(
            0, counter++, Durability.PowerLoss, EngineChange.Put("a", "large", 100));
        await speaker.CommitAsync(0, counter++, Durability.PowerLoss, EngineChange.Drop("b"));
        await speaker.CommitAsync(
            0, counter, Durability.ProcessCrash, EngineChange.Put("a", "last", 50));
    }

    /// <summary>Keys that every third row writes again.</summary>
    private static EngineChange[] Row(int row, int keys, int length) =>
        [.. Enumerable.Range(0, keys).Select(i => EngineChange.Put("a", $"k{row}-{i}", length))];
}
