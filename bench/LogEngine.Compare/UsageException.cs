namespace LogEngine.Compare;

/// <summary>The command line is wrong; the message is the one line to print.</summary>
internal sealed class UsageException(string message) : Exception(message);
