using System.Text.Json.Serialization;
using LogEngine.Stores.Messages;

namespace Shop;

/// <summary>What a customer wants.</summary>
/// <param name="Number">The order's number.</param>
/// <param name="Item">What is ordered.</param>
/// <param name="Cents">What it costs.</param>
[MessageName("order")]
internal sealed record Order(int Number, string Item, int Cents)
{
    /// <summary>Its key among the documents: in the order of numbers.</summary>
    internal string Key => $"order-{Number:D6}";
}

/// <summary>How the shop's types become JSON, made by the compiler: nothing is reflected on.</summary>
[JsonSerializable(typeof(Order))]
internal sealed partial class ShopJson : JsonSerializerContext;
