using System.Text.Json;
using System.Text.Json.Serialization;

namespace LogEngine.Cli;

/// <summary>Reports as JSON, each on one line, by code made at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DirectoryStat))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(SalvageReport))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    /// <summary>Writes a report and a newline.</summary>
    internal static void Write<T>(
        ToolIO io, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        BufferedOutput output = new(io.Output);
        output.Write(JsonSerializer.SerializeToUtf8Bytes(value, type));
        output.WriteByte((byte)'\n');
        output.Flush();
    }
}
