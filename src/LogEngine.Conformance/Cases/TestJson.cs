using System.Text.Json.Serialization;

namespace LogEngine.Conformance;

internal sealed record Order(string Customer, int Items, decimal Price, long Number = 0);

/// <summary>A shape whose discriminator comes behind other properties in canonical order.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Circle), "circle")]
[JsonDerivedType(typeof(Box), "box")]
internal abstract record Shape(string Color);

internal sealed record Circle(string Color, int Radius) : Shape(Color);

internal sealed record Box(string Color, int Area) : Shape(Color);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Shape))]
[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class TestJson : JsonSerializerContext;
