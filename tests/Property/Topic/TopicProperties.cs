using FsCheck;
using FsCheck.Fluent;
using LogEngine.Stores.Topics;

namespace LogEngine.Properties.Topic;

public sealed class TopicProperties
{
    private static readonly TimeSpan _age = TimeSpan.FromSeconds(40);

    /// <summary>Retention waits for the slowest group.</summary>
    [Checked(12, typeof(TopicStep))]
    public Task A_topic_that_waits_for_its_groups_does_what_its_model_does(TopicStep[] steps) =>
        RunAsync(steps, new TopicOptions { TrimStep = 1 });

    [Checked(12, typeof(TopicStep))]
    public Task A_topic_of_so_many_records_does_what_its_model_does(TopicStep[] steps) =>
        RunAsync(steps, new TopicOptions { TrimStep = 1, MaxRecords = 12 });

    [Checked(12, typeof(TopicStep))]
    public Task A_topic_of_young_records_does_what_its_model_does(TopicStep[] steps) =>
        RunAsync(steps, new TopicOptions { TrimStep = 1, MaxAge = _age });

    /// <summary>The property is tested: against a model with a mistake in it, it must fail.</summary>
    [Fact]
    public void A_model_whose_cursors_go_back_is_told_apart()
    {
        Property wrong = Prop.ForAll(TopicStep.Run, Wrong);
        Exception found = Assert.ThrowsAny<Exception>(
            () => wrong.Check(Config.QuickThrowOnFailure.WithMaxTest(12).WithReplay(1, 3)));
        Assert.Contains("Falsifiable", found.Message, StringComparison.Ordinal);
    }

    private static Task Wrong(TopicStep[] steps) =>
        RunAsync(steps, new TopicOptions { TrimStep = 1 }, lateCommitsGoBack: true);

    private static async Task RunAsync(
        TopicStep[] steps, TopicOptions options, bool lateCommitsGoBack = false)
    {
        TopicModel model = new(options.MaxRecords, options.MaxAge, lateCommitsGoBack);
        TopicRun run = new(options, model);
        await run.OpenAsync();
        await using (run)
        {
            foreach (TopicStep step in steps)
            {
                await run.StepAsync(step);
            }

            await run.DrainAsync();
        }
    }
}
