using System.Text;
using Rebus.Exceptions;
using Rebus.Sagas;

namespace LogEngine.RebusTests;

/// <summary>Sagas in an engine: by themselves, and as a part of a handler's commit.</summary>
public sealed class SagaTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_saga_is_found_by_its_id_and_by_its_correlation_properties(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        ISagaStorage sagas = Storage(engine);
        OrderData data = New("order-1", "alice");

        await sagas.Insert(data, Correlations);

        Assert.Equal("alice", (await FindAsync(sagas, "Order", "order-1"))!.Customer);
        Assert.Equal("order-1", (await FindAsync(sagas, "Id", data.Id))!.Order);
        Assert.Null(await FindAsync(sagas, "Order", "order-2"));
        Assert.Null(await FindAsync(sagas, "Id", Guid.NewGuid()));
        Assert.Null(await sagas.Find(typeof(OtherData), "Order", "order-1"));
    }

    [Fact]
    public async Task An_update_moves_a_correlation_property()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ISagaStorage sagas = Storage(engine);
        OrderData data = New("before", "alice");
        await sagas.Insert(data, Correlations);
        data.Order = "after";

        await sagas.Update(data, Correlations);

        Assert.Equal(1, data.Revision);
        Assert.Equal(1, (await FindAsync(sagas, "Order", "after"))!.Revision);
        Assert.Null(await FindAsync(sagas, "Order", "before"));
        await sagas.Insert(New("before", "bob"), Correlations);
    }

    [Fact]
    public async Task Of_two_updates_of_one_revision_the_second_is_refused()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ISagaStorage sagas = Storage(engine);
        OrderData data = New("order", "alice");
        await sagas.Insert(data, Correlations);
        OrderData other = (await FindAsync(sagas, "Order", "order"))!;
        data.Customer = "first";
        await sagas.Update(data, Correlations);

        await Assert.ThrowsAsync<ConcurrencyException>(() => sagas.Update(other, Correlations));
        await Assert.ThrowsAsync<ConcurrencyException>(() => sagas.Delete(other));

        Assert.Equal(0, other.Revision);
        Assert.Equal("first", (await FindAsync(sagas, "Order", "order"))!.Customer);
    }

    [Fact]
    public async Task A_correlation_property_has_each_value_once_but_null_any_number_of_times()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ISagaStorage sagas = Storage(engine);
        await sagas.Insert(New("order", "alice"), Correlations);

        await Assert.ThrowsAsync<ConcurrencyException>(() => sagas.Insert(New("order", "bob"), Correlations));
        await sagas.Insert(New(null, "bob"), Correlations);
        OrderData another = New(null, "carol");
        await sagas.Insert(another, Correlations);
        another.Order = "order";
        await Assert.ThrowsAsync<ConcurrencyException>(() => sagas.Update(another, Correlations));
        Assert.Equal("alice", (await FindAsync(sagas, "Order", "order"))!.Customer);
    }

    [Fact]
    public async Task A_saga_that_was_deleted_is_gone_and_its_values_are_free()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ISagaStorage sagas = Storage(engine);
        OrderData data = New("order", "alice");
        await sagas.Insert(data, Correlations);

        await sagas.Delete(data);

        Assert.Null(await FindAsync(sagas, "Order", "order"));
        await Assert.ThrowsAsync<ConcurrencyException>(() => sagas.Update(data, Correlations));
        await sagas.Insert(New("order", "bob"), Correlations);
    }

    [Fact]
    public async Task A_new_saga_without_id_or_a_value_too_long_for_a_key_is_refused()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ISagaStorage sagas = Storage(engine);

        await Assert.ThrowsAsync<InvalidOperationException>(() => sagas.Insert(new OrderData(), Correlations));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(
            () => sagas.Insert(New(new string('x', 3000), "alice"), Correlations));
        Assert.Contains("Order", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_saga_goes_through_its_messages_and_completes(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        TaskCompletionSource<int> completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using BuiltinHandlerActivator activator = new();
        activator.Register((bus, _) => new CountingSaga(bus));
        activator.Handle<Done>(done =>
        {
            completed.TrySetResult(done.Number);
            return Task.CompletedTask;
        });
        IBus bus = engine.Start(
            activator, "worker", configure: c => c.Sagas(s => s.StoreInLogEngine(engine.Engine, "sagas")));

        for (int message = 0; message < CountingSaga.Messages; message++)
        {
            await bus.SendLocal(new Work(42));
        }

        Assert.Equal(42, await completed.Task.Soon());

        // Its completion and its last message were one commit.
        Assert.Equal(0, await engine.Engine.GetStoreKeyspace("logengine/rebus/sagas/sagas").CountAsync());
    }

    [Fact]
    public async Task A_handler_that_fails_leaves_its_saga_as_it_was()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        Keyspace effects = engine.Engine.GetKeyspace("effects");
        using BuiltinHandlerActivator activator = new();
        activator.Register((_, context) => new FailingSaga(context, effects));
        IBus bus = engine.Start(
            activator, "worker", configure: c => c.Sagas(s => s.StoreInLogEngine(engine.Engine, "sagas")));

        await bus.SendLocal(new Work(1));
        await Eventually.IsTrueAsync(
            () => engine.StatisticsAsync("error").GetAwaiter().GetResult().Ready == 1, "it is in the error queue");

        Assert.Equal(0, await engine.Engine.GetStoreKeyspace("logengine/rebus/sagas/sagas").CountAsync());
        Assert.Null(await effects.GetAsync(Encoding.UTF8.GetBytes("key")));
    }

    private static readonly ISagaCorrelationProperty[] Correlations = [new Correlation("Order"), new Correlation("Id")];

    private static OrderData New(string? order, string customer) =>
        new() { Id = Guid.NewGuid(), Order = order, Customer = customer };

    private static async Task<OrderData?> FindAsync(ISagaStorage sagas, string property, object value) =>
        (OrderData?)await sagas.Find(typeof(OrderData), property, value);

    /// <summary>The storage that a bus would use.</summary>
    private static ISagaStorage Storage(TestEngine engine)
    {
        ISagaStorage? storage = null;
        using BuiltinHandlerActivator activator = new();
        engine.Start(activator, "unused", configure: c => c.Sagas(s =>
        {
            s.StoreInLogEngine(engine.Engine, "sagas");
            s.Decorate(r => storage = r.Get<ISagaStorage>());
        }));
        return storage!;
    }

    private sealed record Correlation(string PropertyName) : ISagaCorrelationProperty
    {
        public Type SagaDataType => typeof(OrderData);
    }

    private sealed class OrderData : SagaData
    {
        public string? Order { get; set; }

        public string? Customer { get; set; }
    }

    private sealed class OtherData : SagaData
    {
        public string? Order { get; set; }
    }

    public sealed class CountData : SagaData
    {
        public int Number { get; set; }

        public int Seen { get; set; }
    }

    /// <summary>Several of its messages are handled at once, so its updates meet, and are tried again.</summary>
    private sealed class CountingSaga(IBus bus) : Saga<CountData>, IAmInitiatedBy<Work>
    {
        internal const int Messages = 4;

        public async Task Handle(Work message)
        {
            Data.Number = message.Number;
            if (++Data.Seen == Messages)
            {
                await bus.SendLocal(new Done(Data.Number));
                MarkAsComplete();
            }
        }

        protected override void CorrelateMessages(ICorrelationConfig<CountData> config) =>
            config.Correlate<Work>(work => work.Number, data => data.Number);
    }

    private sealed class FailingSaga(IMessageContext context, Keyspace effects)
        : Saga<CountData>, IAmInitiatedBy<Work>
    {
        public Task Handle(Work message)
        {
            Data.Number = message.Number;
            context.GetLogEngineBatch().RequireVersion(effects, "key"u8, 7);
            return Task.CompletedTask;
        }

        protected override void CorrelateMessages(ICorrelationConfig<CountData> config) =>
            config.Correlate<Work>(work => work.Number, data => data.Number);
    }
}
