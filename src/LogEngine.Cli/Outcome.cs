using System.Text.Json;
using LogEngine.Cli.Stores;

namespace LogEngine.Cli;

/// <summary>What a command has done: a line for people, and the same as an object for programs.</summary>
/// <param name="line">The line.</param>
/// <param name="facts">Properties of the object: text, whole numbers, numbers or truth values.</param>
internal sealed class Outcome(string line, params (string Name, object? Value)[] facts)
{
    /// <summary>
    /// Says it after a change, as it was asked for: where it cannot be said, the failure says it.
    /// </summary>
    internal void Say(ToolIO io, bool asJson)
    {
        try
        {
            Show(io, asJson);
        }
        catch (OutputFailedException failed)
        {
            throw failed.After($"done ({line})");
        }
    }

    /// <summary>Says it where nothing was changed.</summary>
    internal void Show(ToolIO io, bool asJson)
    {
        BufferedOutput output = new(io.Output);
        if (asJson)
        {
            output.Write(LineOutput.Encode(WriteFacts));
        }
        else
        {
            output.WriteLine(line);
        }

        output.Flush();
    }

    private void WriteFacts(Utf8JsonWriter json)
    {
        foreach ((string name, object? value) in facts)
        {
            switch (value)
            {
                case long number:
                    json.WriteNumber(name, number);
                    break;
                case int number:
                    json.WriteNumber(name, number);
                    break;
                case double number:
                    json.WriteNumber(name, number);
                    break;
                case bool truth:
                    json.WriteBoolean(name, truth);
                    break;
                default:
                    json.WriteString(name, (string?)value);
                    break;
            }
        }
    }
}
