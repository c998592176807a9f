namespace LogEngine.Properties.Queue;

public sealed class QueueProperties
{
    [Checked(25, typeof(QueueStep))]
    public async Task A_queue_does_what_its_model_does_whatever_the_clocks_do(QueueStep[] steps)
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
