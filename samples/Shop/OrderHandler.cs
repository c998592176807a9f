using LogEngine.Extensions;
using LogEngine.Stores;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace Shop;

/// <summary>
/// Takes an order: the document, the event of it and the acknowledgement are one commit, so an order
/// that is delivered twice is taken once.
/// </summary>
internal sealed class OrderHandler(
    [FromKeyedServices(Names.Orders)] DocumentStore orders,
    [FromKeyedServices(Names.Sales)] Topic sales) : IQueueHandler<Order>
{
    /// <inheritdoc/>
    public ValueTask HandleAsync(
        Order message, QueueContext context, CancellationToken cancellationToken)
    {
        orders.Save(context.Batch, message.Key, message, ShopJson.Default.Order);
        sales.Append(context.Batch, context.Delivery.Body);
        return default;
    }
}
