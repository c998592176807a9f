namespace LogEngine.Cli.Help;

/// <summary>Examples that stand at the end of a command's help.</summary>
internal static class HelpExamples
{
    private static readonly Dictionary<string, string[]> _examples = new(StringComparer.Ordinal)
    {
        [""] =
        [
            "logengine ls mystore                    what is in an engine",
            "logengine top mystore                   the same as it changes, beside a running program",
            "logengine kv get mystore users ada      a value",
            "logengine verify mystore                every byte of it",
        ],
        ["append"] =
        [
            "logengine append mylog app.log",
            "tail -f app.log | logengine append mylog --print-acks",
        ],
        ["backup"] = ["logengine backup mystore mybackup"],
        ["bench"] =
        [
            "logengine bench mystore                 what the disk under it gives",
            "logengine bench . --seconds 30 --json",
        ],
        ["cat"] =
        [
            "logengine cat mylog --last 10",
            "logengine cat mylog --since 1h --json | jq .text",
            "logengine cat mylog --follow",
        ],
        ["completion"] =
        [
            "eval \"$(logengine completion bash)\"     in ~/.bashrc",
            "source <(logengine completion zsh)      in ~/.zshrc",
            "logengine completion fish | source      in ~/.config/fish/config.fish",
            "logengine completion powershell | Out-String | Invoke-Expression",
        ],
        ["dump"] =
        [
            "logengine dump mystore | gzip > mystore.jsonl.gz",
            "logengine dump mystore --out mystore.jsonl",
            "logengine dump mylog 2                  a segment's groups and records",
        ],
        ["kv get"] =
        [
            "logengine kv get mystore users ada",
            "logengine kv get mystore images 00ff --hex-key > image.bin",
            "logengine kv get 'Host=db;Database=app;Username=app' orders 1001",
        ],
        ["kv put"] =
        [
            "logengine kv put mystore users ada 'Ada Lovelace'",
            "logengine kv put mystore sessions s1 --ttl 3600 < session.json",
        ],
        ["kv scan"] =
        [
            "logengine kv scan mystore users --prefix a --limit 10",
            "logengine kv scan mystore users --json",
        ],
        ["load"] =
        [
            "logengine load newstore mystore.jsonl",
            "gunzip -c mystore.jsonl.gz | logengine load newstore",
            "logengine dump mystore | logengine load 'Host=db;Database=app;Username=app'",
        ],
        ["migrate"] = ["logengine migrate mystore 'Host=db;Database=app;Username=app'"],
        ["queue receive"] =
        [
            "logengine queue receive mystore mail --count 10 --json",
            "logengine queue receive mystore images --format exact > image.bin",
        ],
        ["queue send"] =
        [
            "logengine queue send mystore mail 'to ada' --header kind=welcome",
            "logengine queue send mystore images --whole < image.bin",
        ],
        ["salvage"] = ["logengine salvage mystore --to rescued"],
        ["top"] =
        [
            "logengine top mystore",
            "logengine top mystore --interval 5 --samples 12 --json",
        ],
        ["topic append"] =
        [
            "logengine topic publish mystore events 'paid' --header order=42",
            "logengine topic append mystore events < events.txt",
        ],
        ["topic groups"] = ["logengine topic lag mystore events"],
        ["topic read"] =
        [
            "logengine topic read mystore events --last 10 --json",
            "logengine topic read mystore events --since 2h",
        ],
        ["verify"] = ["logengine verify mystore --json"],
    };

    /// <summary>Of a command by its path, <c>kv put</c>; none where none are needed.</summary>
    internal static IReadOnlyList<string> Of(string path) => _examples.GetValueOrDefault(path) ?? [];

    /// <summary>Paths of the commands that have some.</summary>
    internal static IEnumerable<string> Paths => _examples.Keys;
}
