using System.CommandLine;
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
            Description = "raw: the body and a newline; text: the same on one line, with a backslash "
                + "before what would be mistaken; json: an object with id, headers and body.",
            DefaultValueFactory = _ => "raw",
        };
        format.AcceptOnlyFromAmong("raw", "text", "json");
        return format;
    }

    /// <summary>How a list says which group a message is in; nothing where it is in none.</summary>
    internal static string Group(string? group) =>
        group is null ? "" : $"  group {Text.Escape(group)}";

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
            default:
                _output.Raw(delivery.Body.Span);
                _output.Raw("\n"u8);
                break;
        }

        _output.Flush();
    }

    private void PrintJson(QueueDelivery delivery) => _output.Json(json =>
    {
        json.WriteNumber("id", delivery.Id);
        json.WriteNumber("lane", delivery.Lane);
        if (delivery.GroupId is { } group)
        {
            json.WriteString("group", group);
        }

        json.WriteNumber("delivery", delivery.DeliveryCount);
        json.WriteString("enqueuedAt", delivery.EnqueuedAt);
        MessageJson.Write(json, delivery.Headers, delivery.Body.Span);
    });
}
