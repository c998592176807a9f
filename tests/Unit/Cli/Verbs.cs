using System.CommandLine;
using LogEngine.Cli;

namespace LogEngine.Unit.Cli;

/// <summary>Every verb of the tool with arguments that print something.</summary>
internal static class Verbs
{
    /// <summary>LOG, ENGINE, BACKUP and NEW stand for directories.</summary>
    private static readonly string[] _lines =
    [
        "ls ENGINE",
        "top ENGINE",
        "append LOG --print-acks",
        "cat LOG",
        "stat LOG",
        "verify LOG",
        "dump LOG 1",
        "load NEW",
        "salvage LOG --to NEW",
        "kv get ENGINE k a",
        "kv put ENGINE k b 2",
        "kv delete ENGINE k a",
        "kv scan ENGINE k",
        "backup ENGINE NEW",
        "restore BACKUP NEW",
        "compact ENGINE",
        "snapshot ENGINE",
        "migrate ENGINE NEW",
        "bench NEW --seconds 0.1",
        "doc list ENGINE",
        "doc show ENGINE s d",
        "doc export ENGINE s",
        "doc import ENGINE s",
        "blob list ENGINE",
        "blob show ENGINE s BLOB",
        "blob export ENGINE s BLOB",
        "blob import ENGINE s",
        "run list ENGINE",
        "run show ENGINE s r",
        "run export ENGINE s r",
        "run import ENGINE s r",
        "checkpoint list ENGINE",
        "checkpoint show ENGINE s c",
        "checkpoint export ENGINE s c",
        "checkpoint import ENGINE s c",
        "queue send ENGINE q x",
        "queue receive ENGINE q",
        "queue peek ENGINE q",
        "queue stats ENGINE q",
        "queue dead-letter ENGINE q",
        "queue replay ENGINE q",
        "queue delete ENGINE q 1",
        "queue purge ENGINE q",
        "topic append ENGINE t x",
        "topic read ENGINE t",
        "topic stats ENGINE t",
        "topic groups ENGINE t",
        "topic reset ENGINE t g --to 1",
        "topic drop-group ENGINE t g",
        "completion bash",
    ];

    internal static IEnumerable<string> Lines => _lines;

    /// <summary>The names of all verbs that the tool has, as its command tree tells.</summary>
    internal static IEnumerable<string> OfTheTool()
    {
        ToolIO io = new(Stream.Null, Stream.Null, TextWriter.Null, ShowProgress: false);
        return Leaves(CommandLineTool.Root(io), "").Select(name => name.Trim());
    }

    /// <summary>Arguments for the directories of one test.</summary>
    internal static string[] Arguments(string line, ScratchDirectory scratch) =>
    [
        .. line.Split(' ').Select(word => word switch
        {
            "LOG" => scratch.Sibling("log"),
            "ENGINE" => scratch.Sibling("engine"),
            "BACKUP" => scratch.Sibling("backup"),
            "NEW" => scratch.Sibling("new"),
            "BLOB" => FurnishedStores.Blob,
            _ => word,
        }),
    ];

    /// <summary>What a verb that reads standard input is given.</summary>
    internal static string Input(string line) => line.Split(' ')[0] switch
    {
        "doc" => """{"key":"e","value":2}""",
        "load" => """
            {"logengineDump":1}
            {"keyspace":"k"}
            {"key":"a","version":1,"text":"1"}
            {"end":true,"keyspaces":1,"keys":1,"queues":0,"records":0}
            """,
        "run" => """{"sequence":2,"kind":0,"state":"ended","taskId":"t"}""",
        _ => "input",
    };

    private static IEnumerable<string> Leaves(Command command, string path) =>
        command.Subcommands.Count == 0
            ? [path]
            : command.Subcommands.SelectMany(sub => Leaves(sub, $"{path} {sub.Name}"));
}
