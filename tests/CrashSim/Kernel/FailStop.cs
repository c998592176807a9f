namespace LogEngine.CrashSim.Kernel;

/// <summary>Judges what a steady writer said: once faulted, nothing is acknowledged again.</summary>
internal static class FailStop
{
    private const string Fault = "faulted ";

    /// <summary>The log has faulted, and every later append and the closing failed with it.</summary>
    internal static void AssertFaulted(IReadOnlyList<string> lines)
    {
        int at = lines.ToList().FindIndex(IsFault);
        Assert.True(at >= 0, $"no fault: {string.Join(", ", lines.TakeLast(5))}");
        List<string> later = [.. lines.Skip(at)];
        Assert.Equal("closed StorageFaultedException", later[^1]);
        Assert.All(later.SkipLast(1), line => Assert.True(IsFault(line), line));
        Assert.True(later.Count > 2, "the writer did not try again");
    }

    /// <summary>Appends were refused with a certain error, and none of them faulted.</summary>
    internal static void AssertRefused(IReadOnlyList<string> lines, string type)
    {
        Assert.DoesNotContain(lines, IsFault);
        List<string> refused = [.. lines.Where(
            l => l.StartsWith("refused ", StringComparison.Ordinal))];
        Assert.NotEmpty(refused);
        Assert.All(refused, line => Assert.EndsWith(" " + type, line, StringComparison.Ordinal));
    }

    /// <summary>What failed did so with an error that the public surface names.</summary>
    internal static void AssertTyped(IReadOnlyList<string> lines)
    {
        if (lines.Any(IsFault))
        {
            AssertFaulted(lines);
        }

        Assert.DoesNotContain(lines, l => l.StartsWith("refused", StringComparison.Ordinal)
            && !l.EndsWith(" " + nameof(StorageFullException), StringComparison.Ordinal));
    }

    private static bool IsFault(string line) => line.StartsWith(Fault, StringComparison.Ordinal)
        && line.EndsWith(" StorageFaultedException", StringComparison.Ordinal);
}
