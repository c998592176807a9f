namespace LogEngine.OrleansTests;

/// <summary>Counts, and keeps what it came to.</summary>
public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int by);

    Task<int> ReadAsync();

    Task ClearAsync();

    Task<bool> ExistsAsync();
}

/// <summary>Counts in another place, where it is reminded, how often it was.</summary>
public interface IReminderGrain : IGrainWithStringKey
{
    Task RegisterAsync(string name, TimeSpan due, TimeSpan period);

    Task UnregisterAsync(string name);

    Task<string[]> NamesAsync();

    Task<int> TicksAsync();
}

/// <summary>What a grain counts; the second number is the first one's, so that half a state would be seen.</summary>
[GenerateSerializer]
public sealed class CounterState
{
    [Id(0)]
    public int Value { get; set; }

    [Id(1)]
    public int SevenTimes { get; set; }
}

public sealed class CounterGrain([PersistentState("counter")] IPersistentState<CounterState> counter)
    : Grain, ICounterGrain
{
    public async Task<int> AddAsync(int by)
    {
        Check();
        counter.State.Value += by;
        counter.State.SevenTimes = 7 * counter.State.Value;
        await counter.WriteStateAsync();
        return counter.State.Value;
    }

    public Task<int> ReadAsync()
    {
        Check();
        return Task.FromResult(counter.State.Value);
    }

    public Task ClearAsync() => counter.ClearStateAsync();

    public Task<bool> ExistsAsync() => Task.FromResult(counter.RecordExists);

    private void Check()
    {
        if (counter.State.SevenTimes != 7 * counter.State.Value)
        {
            throw new InvalidOperationException(
                $"{counter.State.Value} and {counter.State.SevenTimes} are not of one write.");
        }
    }
}

public sealed class ReminderGrain([PersistentState("ticks", "ticks")] IPersistentState<CounterState> ticks)
    : Grain, IReminderGrain, IRemindable
{
    public Task RegisterAsync(string name, TimeSpan due, TimeSpan period) =>
        this.RegisterOrUpdateReminder(name, due, period);

    public async Task UnregisterAsync(string name)
    {
        if (await this.GetReminder(name) is { } reminder)
        {
            await this.UnregisterReminder(reminder);
        }
    }

    public async Task<string[]> NamesAsync() =>
        [.. (await this.GetReminders()).Select(reminder => reminder.ReminderName)];

    public Task<int> TicksAsync() => Task.FromResult(ticks.State.Value);

    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        ticks.State.Value++;
        return ticks.WriteStateAsync();
    }
}
