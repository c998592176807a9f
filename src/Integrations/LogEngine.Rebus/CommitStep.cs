using Rebus.Pipeline;
using Rebus.Transport;

namespace LogEngine.Rebus;

/// <summary>
/// Within the retries, around the handlers: each attempt begins with an empty batch, and one that succeeds has its
/// commit registered as the last of its transaction.
/// </summary>
[StepDocumentation("Commits what handlers wrote to LogEngine, what they sent and the acknowledgement as one.")]
internal sealed class CommitStep : IIncomingStep
{
    public async Task Process(IncomingStepContext context, Func<Task> next)
    {
        ITransactionContext transaction = context.Load<ITransactionContext>();
        EngineTransaction? commit = EngineTransaction.Find(transaction);
        commit?.BeginHandling();
        await next().ConfigureAwait(false);
        if (commit is not null)
        {
            transaction.OnCommit(commit.CommitAsync);
        }
    }
}
