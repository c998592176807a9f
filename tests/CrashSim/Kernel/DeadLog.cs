namespace LogEngine.CrashSim.Kernel;

/// <summary>A log whose disk is gone.</summary>
internal static class DeadLog
{
    /// <summary>Closes it: with a typed error or, where nothing was left to do, without.</summary>
    internal static async Task CloseAsync(WriteAheadLog log)
    {
        try
        {
            await log.CloseAsync().Soon();
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Assert.IsNotType<CorruptionException>(error);
        }
    }
}
