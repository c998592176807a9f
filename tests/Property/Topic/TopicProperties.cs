using FsCheck;
using FsCheck.Fluent;
using LogEngine.Stores.Topics;

namespace LogEngine.Properties.Topic;

public sealed class TopicProperties
{
    private static readonly TimeSpan _age = TimeSpan.FromSeconds(40);

    /// <summary>Retention waits for the slowest group.</summary>
    [Fact]
    public void A_topic_that_waits_for_its_groups_does_what_its_model_does() =>
        Check(new TopicOptions { TrimStep = 1 });

    [Fact]
    public void A_topic_of_so_many_records_does_what_its_model_does() =>
        Check(new TopicOptions { TrimStep = 1, MaxRecords = 12 });

    [Fact]
    public void A_topic_of_young_records_does_what_its_model_does() =>
        Check(new TopicOptions { TrimStep = 1, MaxAge = _age });

    /// <summary>The property is tested: against a model with a mistake in it, it must fail.</summary>
    [Fact]
    public void A_model_whose_cursors_go_back_is_told_apart() => Assert.ThrowsAny<Exception>(
        () => Check(new TopicOptions { TrimStep = 1 }, lateCommitsGoBack: true));

    private static void Check(TopicOptions options, bool lateCommitsGoBack = false) =>
        Prop.ForAll(
            TopicStep.Arbitrary,
            steps => RunAsync(
                steps,
                options,
                new TopicModel(options.MaxRecords, options.MaxAge, lateCommitsGoBack))
                .GetAwaiter().GetResult())
            .Check(Checks.Times(12));

    private static async Task RunAsync(TopicStep[] steps, TopicOptions options, TopicModel model)
    {
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
