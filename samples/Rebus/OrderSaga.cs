using Rebus.Bus;
using Rebus.Handlers;
using Rebus.Sagas;

namespace RebusSample;

/// <summary>What is known of an order until it is shipped.</summary>
public sealed class OrderState : SagaData
{
    /// <summary>Its number.</summary>
    public int Number { get; set; }

    /// <summary>What it costs.</summary>
    public int Amount { get; set; }
}

/// <summary>An order is placed, then paid, then shipped; where payment is late, it is given up.</summary>
/// <param name="bus">The bus; what is sent through it is in one commit with the saga.</param>
internal sealed class OrderSaga(IBus bus)
    : Saga<OrderState>, IAmInitiatedBy<PlaceOrder>, IHandleMessages<OrderPaid>, IHandleMessages<PaymentIsLate>
{
    public async Task Handle(PlaceOrder message)
    {
        Data.Number = message.Number;
        Data.Amount = message.Amount;
        await bus.DeferLocal(TimeSpan.FromSeconds(2), new PaymentIsLate(message.Number));
    }

    public async Task Handle(OrderPaid message)
    {
        await bus.Publish(new OrderShipped(Data.Number, Data.Amount));
        MarkAsComplete();
    }

    public async Task Handle(PaymentIsLate message)
    {
        await Console.Out.WriteLineAsync($"order {Data.Number}: nobody has paid");
        MarkAsComplete();
    }

    protected override void CorrelateMessages(ICorrelationConfig<OrderState> config)
    {
        config.Correlate<PlaceOrder>(message => message.Number, state => state.Number);
        config.Correlate<OrderPaid>(message => message.Number, state => state.Number);
        config.Correlate<PaymentIsLate>(message => message.Number, state => state.Number);
    }
}
