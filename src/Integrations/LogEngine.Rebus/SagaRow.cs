using System.Text.Json;
using System.Text.Json.Serialization;

namespace LogEngine.Rebus;

/// <summary>A saga as it is stored.</summary>
/// <param name="Revision">How often it has been updated.</param>
/// <param name="Correlations">Its correlation properties that are not null, with their values as text.</param>
/// <param name="Data">The saga data.</param>
internal sealed record SagaRow(int Revision, Dictionary<string, string> Correlations, JsonElement Data);

[JsonSerializable(typeof(SagaRow))]
internal sealed partial class SagaJson : JsonSerializerContext;
