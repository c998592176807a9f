namespace LogEngine.CrashSim.Kernel;

/// <summary>A log or an engine whose disk is gone.</summary>
internal static class DeadLog
{
    /// <summary>Closes it: with a typed error or, where nothing was left to do, without.</summary>
    internal static Task CloseAsync(WriteAheadLog log) => CloseAsync(log.CloseAsync);

    /// <inheritdoc cref="CloseAsync(WriteAheadLog)"/>
    internal static async Task CloseAsync(Func<ValueTask> close)
    {
        try
        {
            await close().AsTask().Soon();
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Assert.IsNotType<CorruptionException>(error);
        }
    }
}
