using FsCheck;
using FsCheck.Fluent;

namespace LogEngine.Properties.Queue;

public sealed class QueueProperties
{
    [Fact]
    public void A_queue_does_what_its_model_does_whatever_the_clocks_do() =>
        Prop.ForAll(QueueStep.Arbitrary, steps => RunAsync(steps).GetAwaiter().GetResult())
            .Check(Checks.Times(25));

    private static async Task RunAsync(QueueStep[] steps)
    {
        QueueRun run = new();
        await run.OpenAsync();
        await using (run)
        {
            foreach (QueueStep step in steps)
            {
                await run.StepAsync(step);
            }

            await run.DrainAsync();
        }
    }
}
