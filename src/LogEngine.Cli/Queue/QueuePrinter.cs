using System.CommandLine;
using System.Text.Json;
using LogEngine.Cli.Stores;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.Queue;

/// <summary>Prints messages that were received, each at once.</summary>
internal sealed class QueuePrinter(ToolIO io, string format)
{
    private readonly LineOutput _output = new(io);

    internal static Option<string> Format()
    {
        Option<string> format = new("--format")
        {
            Description = "raw: the body and a newline; exact: the body's bytes and nothing else; text: the "
                + "body on one line, with a backslash before what would be mistaken; json: an object "
                + "with id, headers and body.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "exact", "text", "json");
        return format;
    }

    /// <summary>How a list says which group a message is in; nothing where it is in none.</summary>
    internal static string Group(string? group) =>
        group is null ? "" : $"  group {Text.Escape(group)}";

    /// <summary>What every message has, however it is come by.</summary>
    internal static void WriteHead(
        Utf8JsonWriter json, long id, int lane, string? group, int deliveries)
    {
        json.WriteNumber("id", id);
        json.WriteNumber("lane", lane);
        if (group is not null)
        {
            json.WriteString("group", group);
        }

        json.WriteNumber("delivery", deliveries);
    }

    internal void Print(QueueDelivery delivery)
    {
        switch (format)
        {
            case "json":
                PrintJson(delivery);
                break;
            case "text":
                _output.Line(Text.Escape(delivery.Body.Span));
                break;
            case "exact":
                _output.Raw(delivery.Body.Span);
                break;
            default:
                _output.Raw(delivery.Body.Span);
                _output.Raw("\n"u8);
                break;
        }

        _output.Flush();
    }

    private void PrintJson(QueueDelivery delivery) => _output.Json(json =>
    {
        WriteHead(json, delivery.Id, delivery.Lane, delivery.GroupId, delivery.DeliveryCount);
        json.WriteString("enqueuedAt", delivery.EnqueuedAt);
        MessageJson.Write(json, delivery.Headers, delivery.Body.Span);
    });
}
