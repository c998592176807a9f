using System.Text;

namespace LogEngine.Unit.Cli;

/// <summary>What a run of the tool left.</summary>
internal sealed record ToolResult(int Code, byte[] Bytes, string Error)
{
    internal string Output => Encoding.UTF8.GetString(Bytes);

    /// <summary>It failed with one line, which says something.</summary>
    internal void AssertFailed(int code, string word)
    {
        Assert.Equal(code, Code);
        string line = Assert.Single(Error.TrimEnd().Split('\n'));
        Assert.StartsWith("logengine: ", line, StringComparison.Ordinal);
        Assert.Contains(word, line, StringComparison.OrdinalIgnoreCase);
    }
}
