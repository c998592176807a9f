namespace LogEngine.CrashWriter;

/// <summary>Commits batches to an engine, and says of each before and after what becomes of it.</summary>
/// <remarks>
/// Lines: "try writer counter floor durability change..." with what was visible before it; then
/// "ack writer counter first last", or "refused writer counter type" where the engine is still
/// sound and nothing was written, or "faulted writer counter type".
/// </remarks>
internal sealed class EngineSpeaker(EmbeddedEngine engine, int run)
{
    internal EmbeddedEngine Engine => engine;

    /// <summary>False where the engine has faulted.</summary>
    internal async Task<bool> CommitAsync(
        int writer, int counter, Durability durability, params EngineChange[] changes)
    {
        Program.Say(
            $"try {writer} {counter} {engine.VisibleSequence} {(int)durability} "
            + string.Join(' ', changes));
        try
        {
            WriteBatch batch = engine.CreateBatch();
            for (int i = 0; i < changes.Length; i++)
            {
                changes[i].AddTo(
                    batch, engine, new Stamp(run, writer, counter, i, changes.Length));
            }

            SequenceRange given = await engine.CommitAsync(batch, durability);
            Program.Say($"ack {writer} {counter} {given.First} {given.Last}");
            return true;
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            bool faulted = error is StorageFaultedException;
            Program.Say(
                $"{(faulted ? "faulted" : "refused")} {writer} {counter} {error.GetType().Name}");
            return !faulted;
        }
    }

    /// <summary>Does something that changes no value; says how it went.</summary>
    internal static async Task MaintainAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
            Program.Say($"done {what}");
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Program.Say($"undone {what} {error.GetType().Name}");
        }
    }
}
