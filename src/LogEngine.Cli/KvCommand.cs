using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`kv`: reads and writes keys of a storage engine.</summary>
internal static class KvCommand
{
    internal static Command Create(ToolIO io) => new(
        "kv",
        "Reads and writes keys of a storage engine. get and scan are read-only and work beside a "
        + "writer and on a backup; put and delete take the lock.")
    {
        KvGetCommand.Create(io),
        KvPutCommand.Create(io),
        KvDeleteCommand.Create(io),
        KvScanCommand.Create(io),
    };
}
