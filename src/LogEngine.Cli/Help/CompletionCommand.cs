using System.CommandLine;

namespace LogEngine.Cli.Help;

/// <summary>`completion`: the script by which a shell completes the tool's command lines.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # eval "$(logengine completion bash)"
        _logengine_complete() {
            local IFS=$'\n'
            COMPREPLY=($(logengine complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
        }
        complete -o bashdefault -o default -F _logengine_complete logengine
        """;

    private const string Zsh = """
        #compdef logengine
        # source <(logengine completion zsh), behind compinit
        _logengine() {
            local -a found
            found=("${(@f)$(logengine complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            if [[ -n "${found[1]}" ]]; then
                compadd -a found
            else
                _files
            fi
        }
        compdef _logengine logengine
        """;

    private const string Fish = """
        # logengine completion fish | source
        function __logengine_complete
            set -l words (commandline -opc)
            logengine complete -- $words[2..-1] "$(commandline -ct)" 2>/dev/null
        end
        complete -c logengine -a '(__logengine_complete)'
        """;

    private const string PowerShell = """
        # logengine completion powershell | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName logengine -ScriptBlock {
            param($word, $ast, $cursor)
            $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
            $next = if ($word -eq '') { @('--next') } else { @() }
            logengine complete @next -- @words 2>$null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    internal static Command Create(ToolIO io)
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh, fish or powershell." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish", "powershell");
        Command command = new(
            "completion", "Prints the script by which a shell completes command lines of this tool.")
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            BufferedOutput.Say(io, ScriptOf(parsed.GetValue(shell)!));
            return ExitCode.Sound;
        });
        return command;
    }

    private static string ScriptOf(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => PowerShell,
    };
}
