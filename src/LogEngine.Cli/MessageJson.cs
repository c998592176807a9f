using System.Text.Json;
using System.Text.Unicode;

namespace LogEngine.Cli;

/// <summary>What a queue's message and a topic's record have in common, as JSON.</summary>
internal static class MessageJson
{
    /// <summary>Headers, if there are any; the body as text where it is that, else as base64.</summary>
    internal static void Write(
        Utf8JsonWriter json, IReadOnlyDictionary<string, string> headers, ReadOnlySpan<byte> body)
    {
        if (headers.Count > 0)
        {
            json.WriteStartObject("headers");
            foreach ((string name, string value) in headers)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        if (Utf8.IsValid(body))
        {
            json.WriteString("text", body);
        }
        else
        {
            json.WriteBase64String("base64", body);
        }
    }
}
