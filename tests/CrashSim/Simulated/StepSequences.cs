namespace LogEngine.CrashSim.Simulated;

/// <summary>Sequences of the steps that an enum names.</summary>
internal static class StepSequences
{
    /// <summary>Every sequence of so many steps.</summary>
    internal static IEnumerable<TStep[]> All<TStep>(int length)
        where TStep : struct, Enum
    {
        TStep[] all = Enum.GetValues<TStep>();
        int count = (int)Math.Pow(all.Length, length);
        for (int i = 0; i < count; i++)
        {
            TStep[] steps = new TStep[length];
            for (int at = 0, rest = i; at < length; at++, rest /= all.Length)
            {
                steps[at] = all[rest % all.Length];
            }

            yield return steps;
        }
    }
}
