using LogEngine.Extensions;

namespace Shop;

/// <summary>What the shop keeps, whichever engine it is on.</summary>
internal static class Registration
{
    internal static LogEngineBuilder AddShop(this LogEngineBuilder engine) => engine
        .AddQueue(Names.Incoming)
        .AddDocumentStore(Names.Orders)
        .AddTopic(Names.Sales)
        .AddCheckpointStore(Names.Totals);
}
