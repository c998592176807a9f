namespace Shop;

/// <summary>What is in the shop's engine.</summary>
internal static class Names
{
    internal const string Engine = "shop";
    internal const string Incoming = "incoming";
    internal const string Orders = "orders";
    internal const string Sales = "sales";
    internal const string Totals = "totals";
    internal const string Bookkeeping = "bookkeeping";
}
