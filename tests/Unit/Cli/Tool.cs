using System.Text;
using LogEngine.Cli;

namespace LogEngine.Unit.Cli;

/// <summary>Runs the tool in this process.</summary>
internal static class Tool
{
    internal static Task<ToolResult> RunAsync(params string[] args) =>
        RunAsync(Stream.Null, args);

    internal static async Task<ToolResult> RunAsync(
        Stream input, string[] args, CancellationToken cancellationToken = default)
    {
        using MemoryStream output = new();
        await using StringWriter error = new();
        int code = await CommandLineTool.RunAsync(
            args, new ToolIO(input, output, error, ShowProgress: false), cancellationToken);
        return new ToolResult(code, output.ToArray(), error.ToString());
    }

    internal static MemoryStream Input(string text) => new(Encoding.UTF8.GetBytes(text));
}
