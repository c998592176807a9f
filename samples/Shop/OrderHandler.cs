using System.Text.Json;
using LogEngine;
using LogEngine.Extensions;
using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace Shop;

/// <summary>
/// Takes an order: the document, the event of it and the acknowledgement are one commit, so an order
/// that is delivered twice is taken once.
/// </summary>
internal sealed class OrderHandler(
    EmbeddedEngine engine,
    [FromKeyedServices(Names.Orders)] DocumentStore orders,
    [FromKeyedServices(Names.Sales)] Topic sales) : IQueueHandler
{
    /// <inheritdoc/>
    public async ValueTask HandleAsync(
        QueueDelivery delivery, CancellationToken cancellationToken)
    {
        Order order = JsonSerializer.Deserialize(delivery.Body.Span, ShopJson.Default.Order)!;
        WriteBatch batch = engine.CreateBatch();
        orders.Save(batch, order.Key, order, ShopJson.Default.Order);
        sales.Append(batch, delivery.Body);
        delivery.Acknowledge(batch);
        await engine.CommitAsync(batch, cancellationToken: cancellationToken);
    }
}
