namespace LogEngine.Cli;

/// <summary>Small pieces of text that several commands print.</summary>
internal static class Text
{
    internal static string Of(VerifyFinding finding) => finding.Offset < 0
        ? $"{Lower(finding.Severity),-10}  {finding.Path}: {finding.Reason}"
        : $"{Lower(finding.Severity),-10}  {finding.Path} @{finding.Offset}: {finding.Reason}";

    internal static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
