using Rebus.Exceptions;
using Rebus.Pipeline;
using Rebus.Transport;

namespace LogEngine.Rebus;

/// <summary>The batch that a Rebus transaction commits.</summary>
public static class LogEngineTransactionExtensions
{
    /// <summary>
    /// The batch that is written in one commit with the messages which the transaction sends and, in a handler, with
    /// the acknowledgement of its message: all of it happens, once, or none.
    /// </summary>
    /// <remarks>
    /// Ask for it in each handler and do not keep it: each attempt has a batch of its own, and an attempt that fails
    /// leaves nothing. It is not thread-safe. Where one of its conditions does not hold, Rebus sees a
    /// <see cref="ConcurrencyException"/>, and the message is handled again as after any error.
    /// </remarks>
    /// <param name="context">The context of a handler whose bus has LogEngine's transport.</param>
    /// <exception cref="InvalidOperationException">
    /// The transaction does not write to LogEngine yet: name the engine.
    /// </exception>
    public static WriteBatch GetLogEngineBatch(this ITransactionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return (EngineTransaction.Find(context) ?? throw new InvalidOperationException(
            "The Rebus transaction writes to no engine of LogEngine: its message did not come through LogEngine's "
            + $"transport. {nameof(GetLogEngineBatch)}(engine) begins it.")).Batch;
    }

    /// <inheritdoc cref="GetLogEngineBatch(ITransactionContext)"/>
    public static WriteBatch GetLogEngineBatch(this IMessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.TransactionContext.GetLogEngineBatch();
    }

    /// <summary>
    /// The same in any transaction, such as a <see cref="RebusTransactionScope"/>: what is put into the batch and what
    /// the bus sends in the scope are one commit when the scope is completed.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <param name="engine">The engine of the bus's transport.</param>
    /// <exception cref="InvalidOperationException">The transaction writes to another engine already.</exception>
    /// <inheritdoc cref="GetLogEngineBatch(ITransactionContext)" path="/remarks"/>
    public static WriteBatch GetLogEngineBatch(this ITransactionContext context, StorageEngine engine)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(engine);
        return EngineTransaction.In(context, engine).Batch;
    }
}
