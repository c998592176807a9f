using System.Text.Json.Serialization;

namespace LogEngine.Unit.Engine;

/// <summary>How plain text is written as a document.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class StringJson : JsonSerializerContext;
