using System.Text.Json;
using System.Text.Json.Nodes;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Collects what each row of the fault table came to; prints it, and merges it into the JSON array
/// at the path in LOGENGINE_FAULT_REPORT when the process ends.
/// </summary>
internal static class FaultReport
{
    private static readonly Lock _gate = new();
    private static readonly SortedDictionary<string, JsonObject> _entries =
        new(StringComparer.Ordinal);

    static FaultReport() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Write();

    /// <summary>
    /// A row in a layer, S, P, K or B; what several tests add to it is summed. Skipped counts only
    /// where nothing else of it ran.
    /// </summary>
    internal static void Row(
        int row, string layer, long states, long distinct, int failures, string? skipped = null)
    {
        string key = $"row {row:D2} {layer}";
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out JsonObject? before))
            {
                states += (long)before["states"]!;
                distinct += (long)before["distinct"]!;
                failures += (int)before["failures"]!;
            }

            _entries[key] = new JsonObject
            {
                ["row"] = row,
                ["layer"] = layer,
                ["states"] = states,
                ["distinct"] = distinct,
                ["failures"] = failures,
                ["skipped"] = states > 0 ? null : skipped,
            };
        }

        Console.WriteLine(
            $"row {row,2} {layer}: {states,9} states, {distinct,9} distinct, {failures} failures"
            + (skipped is null ? string.Empty : $", skipped: {skipped}"));
    }

    /// <summary>A planted bug.</summary>
    internal static void Planted(string name, bool caught, long states)
    {
        lock (_gate)
        {
            _entries[$"planted {name}"] = new JsonObject
            {
                ["name"] = name,
                ["caught"] = caught,
                ["states"] = states,
            };
        }

        Console.WriteLine($"{name}: {(caught ? "caught" : "SURVIVED")} after {states} states");
    }

    private static void Write()
    {
        string? path = Environment.GetEnvironmentVariable("LOGENGINE_FAULT_REPORT");
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        // Several test processes add to one file, one after the other.
        using Mutex turn = new(initiallyOwned: false, "LogEngine.FaultReport");
        turn.WaitOne();
        try
        {
            JsonArray all = File.Exists(path) && JsonNode.Parse(File.ReadAllText(path)) is JsonArray
                present ? present : [];
            lock (_gate)
            {
                foreach (JsonNode? old in all.ToArray())
                {
                    if (old is JsonObject entry && _entries.Values.Any(e => IsSame(e, entry)))
                    {
                        all.Remove(old);
                    }
                }

                foreach (JsonObject entry in _entries.Values)
                {
                    all.Add(entry.DeepClone());
                }
            }

            File.WriteAllText(path, all.ToJsonString(JsonSerializerOptions.Default));
        }
        finally
        {
            turn.ReleaseMutex();
        }
    }

    private static bool IsSame(JsonObject a, JsonObject b) =>
        $"{a["name"]}/{a["row"]}/{a["layer"]}" == $"{b["name"]}/{b["row"]}/{b["layer"]}";
}
