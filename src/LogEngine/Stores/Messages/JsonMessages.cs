using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Messages;

/// <summary>
/// Messages whose bodies are JSON, with the name of their type in the header <see cref="MessageType.Header"/>.
/// </summary>
/// <remarks>
/// The same as the forms with bytes in everything else: durability, limits, errors. Thread-safe. What a
/// value is called is chosen by a <see cref="MessageType{T}"/>, or by a <see cref="MessageNameAttribute"/>
/// at the type; where neither is there, the type's own name is taken.
/// </remarks>
public static class JsonMessages
{
    /// <summary>Enqueues a value.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="queue">The queue.</param>
    /// <param name="value">The value; it is written before the call returns.</param>
    /// <param name="type">Its name, and how it is written.</param>
    /// <param name="set">
    /// Sets what goes with the body: <c>message => message with { Lane = 0 }</c>; null for nothing.
    /// </param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Its id, and whether it was written. Await it once.</returns>
    /// <exception cref="NotSupportedException">The value cannot be JSON.</exception>
    /// <inheritdoc cref="DurableQueue.EnqueueAsync" path="/exception"/>
    public static ValueTask<EnqueueResult> EnqueueAsync<T>(
        this DurableQueue queue,
        T value,
        MessageType<T> type,
        Func<QueueMessage, QueueMessage>? set = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(type);
        return queue.EnqueueAsync(type.ToMessage(value, set), durability, cancellationToken);
    }

    /// <summary>Enqueues a value.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="value">The value; it is written before the call returns.</param>
    /// <param name="type">How it is written, from a source-generated context.</param>
    /// <param name="set">Sets what goes with the body; null for nothing.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <inheritdoc cref="EnqueueAsync{T}(DurableQueue, T, MessageType{T}, Func{QueueMessage, QueueMessage}?, Durability?, CancellationToken)"/>
    public static ValueTask<EnqueueResult> EnqueueAsync<T>(
        this DurableQueue queue,
        T value,
        JsonTypeInfo<T> type,
        Func<QueueMessage, QueueMessage>? set = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
        where T : notnull => queue.EnqueueAsync(
            value, MessageType.Of(type), set, durability, cancellationToken);

    /// <summary>Enqueues a value, its type found by reflection.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="value">The value; it is written before the call returns.</param>
    /// <param name="options">How it is written, such as <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <param name="set">Sets what goes with the body; null for nothing.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <inheritdoc cref="EnqueueAsync{T}(DurableQueue, T, MessageType{T}, Func{QueueMessage, QueueMessage}?, Durability?, CancellationToken)"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static ValueTask<EnqueueResult> EnqueueAsync<T>(
        this DurableQueue queue,
        T value,
        JsonSerializerOptions options,
        Func<QueueMessage, QueueMessage>? set = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
        where T : notnull => queue.EnqueueAsync(
            value, MessageType.Of<T>(options), set, durability, cancellationToken);

    /// <summary>
    /// Lets a batch enqueue a value: it is in the queue if, and once, the batch is written. A duplicate or
    /// a full queue fails the batch.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="queue">The queue.</param>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="value">The value; it is written before the call returns.</param>
    /// <param name="type">Its name, and how it is written.</param>
    /// <param name="set">Sets what goes with the body; null for nothing.</param>
    /// <returns>Its id; known once the batch is committed.</returns>
    /// <exception cref="NotSupportedException">The value cannot be JSON.</exception>
    /// <inheritdoc cref="DurableQueue.Enqueue" path="/exception"/>
    public static PendingValue<long> Enqueue<T>(
        this DurableQueue queue,
        WriteBatch batch,
        T value,
        MessageType<T> type,
        Func<QueueMessage, QueueMessage>? set = null)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(type);
        return queue.Enqueue(batch, type.ToMessage(value, set));
    }

    /// <param name="queue">The queue.</param>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="value">The value; it is written before the call returns.</param>
    /// <param name="type">How it is written, from a source-generated context.</param>
    /// <param name="set">Sets what goes with the body; null for nothing.</param>
    /// <inheritdoc cref="Enqueue{T}(DurableQueue, WriteBatch, T, MessageType{T}, Func{QueueMessage, QueueMessage}?)"/>
    public static PendingValue<long> Enqueue<T>(
        this DurableQueue queue,
        WriteBatch batch,
        T value,
        JsonTypeInfo<T> type,
        Func<QueueMessage, QueueMessage>? set = null)
        where T : notnull => queue.Enqueue(batch, value, MessageType.Of(type), set);

    /// <param name="queue">The queue.</param>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="value">The value; it is written before the call returns.</param>
    /// <param name="options">How it is written, such as <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <param name="set">Sets what goes with the body; null for nothing.</param>
    /// <inheritdoc cref="Enqueue{T}(DurableQueue, WriteBatch, T, MessageType{T}, Func{QueueMessage, QueueMessage}?)"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static PendingValue<long> Enqueue<T>(
        this DurableQueue queue,
        WriteBatch batch,
        T value,
        JsonSerializerOptions options,
        Func<QueueMessage, QueueMessage>? set = null)
        where T : notnull => queue.Enqueue(batch, value, MessageType.Of<T>(options), set);

    /// <summary>The body of a message as a value. The header with the type's name is not asked.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="delivery">The message.</param>
    /// <param name="type">How it is read, from a source-generated context.</param>
    /// <exception cref="UndecodableValueException">
    /// The body is no JSON, none of that type, or null. The message stays leased.
    /// </exception>
    public static T ReadJson<T>(this QueueDelivery delivery, JsonTypeInfo<T> type)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return MessageType.Read(delivery.Body.Span, type, What(delivery));
    }

    /// <summary>The same, the type found by reflection.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="options">How it is read; the defaults for the web where null.</param>
    /// <inheritdoc cref="ReadJson{T}(QueueDelivery, JsonTypeInfo{T})"/>
    [RequiresUnreferencedCode(JsonCodec.Trimming)]
    [RequiresDynamicCode(JsonCodec.Trimming)]
    public static T ReadJson<T>(this QueueDelivery delivery, JsonSerializerOptions? options)
        where T : notnull => delivery.ReadJson(JsonCodec.TypeOf<T>(options));

    /// <summary>The body of a dead letter as a value.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="letter">The dead letter.</param>
    /// <param name="type">How it is read, from a source-generated context.</param>
    /// <exception cref="UndecodableValueException">
    /// The body is no JSON, none of that type, null, or lost (<see cref="DeadLetter.Unreadable"/>).
    /// </exception>
    public static T ReadJson<T>(this DeadLetter letter, JsonTypeInfo<T> type)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(letter);
        return MessageType.Read(letter.Body.Span, type, $"Dead letter {letter.Id}");
    }

    private static string What(QueueDelivery delivery) =>
        $"Message {delivery.Id} of queue '{delivery.QueueName}'"
        + (MessageType.NameIn(delivery.Headers) is { } name ? $" (type '{name}')" : "");
}
