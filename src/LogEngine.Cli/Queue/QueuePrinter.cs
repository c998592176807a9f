using System.CommandLine;
using System.Text.Unicode;
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
        json.WriteNumber("delivery", delivery.DeliveryCount);
        json.WriteString("enqueuedAt", delivery.EnqueuedAt);
        if (delivery.Headers.Count > 0)
        {
            json.WriteStartObject("headers");
            foreach ((string name, string value) in delivery.Headers)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        if (Utf8.IsValid(delivery.Body.Span))
        {
            json.WriteString("text", delivery.Body.Span);
        }
        else
        {
            json.WriteBase64String("base64", delivery.Body.Span);
        }
    });
}
