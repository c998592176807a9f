namespace LogEngine.Unit.Queue;

public sealed class DeduplicationExpiryTests
{
    [Fact]
    public async Task Deduplication_ids_leave_the_index_after_their_window_without_another_enqueue()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        for (int i = 0; i < 50; i++)
        {
            await fixture.Queue.EnqueueAsync(
                QueueFixture.Message("a") with { DeduplicationId = $"id {i}" }).Soon();
        }

        await fixture.DrainAsync();
        long keys = fixture.Engine.Statistics.Keys;
        fixture.Time.Advance(fixture.Options.DeduplicationWindow * 2);
        await Eventually.IsTrueAsync(
            () => fixture.Engine.Statistics.Keys == keys - 50, "a sweep of all 50");
    }
}
