using System.Globalization;
using System.Text;

namespace LogEngine.AgentsTests;

/// <summary>
/// What is killed: a workflow that adds up numbers, started with a directory and the last number. It begins, or goes
/// on, and says a line for each number that is begun, each step that is complete with its checkpoint, and what came out.
/// </summary>
internal static class Worker
{
    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        int upTo = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(arguments[0]);
        Keyspace effects = engine.GetKeyspace("effects");
        CheckpointManager checkpoints = CheckpointManager.CreateJson(await CheckpointStoreTests.OpenAsync(engine));
        Workflow workflow = Workflows.Sum(upTo, async number =>
        {
            Say($"begun {number}");
            await effects.IncrementAsync(
                Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
                durability: Durability.ProcessCrash);
        });
        await using StreamingRun run = await Workflows.StartOrResumeAsync(workflow, checkpoints);
        Say("ready");
        (List<object?> outputs, _) = await Workflows.FinishAsync(run, checkpoint =>
        {
            Say($"saved {checkpoint.CheckpointId}");
            return false;
        });
        Say($"sum {string.Join(' ', outputs)}");
        return 0;
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
