namespace OrleansSample;

/// <summary>An account, by its owner's name.</summary>
public interface IAccount : IGrainWithStringKey
{
    /// <summary>Adds to it, and gives what it came to.</summary>
    Task<long> DepositAsync(long amount);

    /// <summary>What is on it.</summary>
    Task<long> BalanceAsync();

    /// <summary>From now on interest is paid each second, also after a restart.</summary>
    Task PayInterestAsync();
}

/// <summary>What is kept of an account.</summary>
[GenerateSerializer]
public sealed class AccountState
{
    /// <summary>What is on it.</summary>
    [Id(0)]
    public long Balance { get; set; }
}

/// <summary>An account: what it has said is written.</summary>
public sealed class Account([PersistentState("account")] IPersistentState<AccountState> account)
    : Grain, IAccount, IRemindable
{
    /// <inheritdoc/>
    public async Task<long> DepositAsync(long amount)
    {
        account.State.Balance += amount;
        await account.WriteStateAsync();
        return account.State.Balance;
    }

    /// <inheritdoc/>
    public Task<long> BalanceAsync() => Task.FromResult(account.State.Balance);

    /// <inheritdoc/>
    public Task PayInterestAsync() =>
        this.RegisterOrUpdateReminder("interest", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status) => DepositAsync(1);
}
