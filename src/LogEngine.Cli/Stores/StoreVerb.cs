using System.CommandLine;
using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>A verb of a store's command, with the arguments that all of them share.</summary>
internal sealed class StoreVerb
{
    private readonly ToolIO _io;
    private readonly Argument<string> _directory = new("DIR")
    {
        Description = Arguments.Place,
    };

    internal StoreVerb(ToolIO io, string name, string description)
    {
        _io = io;
        Command = new Command(name, description) { _directory };
    }

    internal Command Command { get; }

    /// <summary>Adds a required argument.</summary>
    internal Argument<string> Required(string name, string description)
    {
        Argument<string> argument = new(name) { Description = description };
        Command.Add(argument);
        return argument;
    }

    /// <summary>Adds an argument that may be left out.</summary>
    internal Argument<string?> Optional(string name, string description)
    {
        Argument<string?> argument = new(name)
        {
            Description = description,
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command.Add(argument);
        return argument;
    }

    /// <summary>Adds an option of text.</summary>
    internal Option<string?> Option(string name, string description) =>
        Add(new Option<string?>(name) { Description = description });

    /// <summary>Adds an option.</summary>
    internal Option<T> Add<T>(Option<T> option)
    {
        Command.Add(option);
        return option;
    }

    /// <summary>What the verb finds in an engine, which is opened to be read.</summary>
    internal Command Reads(
        Func<StorageEngine, ParseResult, LineOutput, CancellationToken, Task> action)
    {
        Command.SetAction(async (parsed, cancellationToken) =>
        {
            await RunAsync(parsed, action, cancellationToken);
            return ExitCode.Sound;
        });
        return Command;
    }

    /// <summary>
    /// What the verb puts into an engine, which is made where it is missing: the input is read first
    /// and the change rehearsed, so that a mistake in either has made nothing.
    /// </summary>
    /// <param name="read">Opens the input and reads of it what can be held.</param>
    /// <param name="rehearse">Does the same, or as much as can be refused, in memory.</param>
    /// <param name="change">Makes the change.</param>
    internal Command Imports<T>(
        Func<ParseResult, CancellationToken, Task<T>> read,
        Func<StorageEngine, T, ParseResult, CancellationToken, Task> rehearse,
        Func<StorageEngine, T, ParseResult, CancellationToken, Task<Outcome>> change)
    {
        Command.SetAction(async (parsed, cancellationToken) =>
        {
            T input = await read(parsed, cancellationToken);
            await using (input as IAsyncDisposable)
            {
                await Rehearsal.RunAsync(
                    engine => rehearse(engine, input, parsed, cancellationToken));
                return await EnginePlace.ChangeAsync(
                    _io,
                    parsed.WantsJson(),
                    EnginePlace.OpenOrCreateAsync(parsed.GetValue(_directory)!, cancellationToken),
                    engine => change(engine, input, parsed, cancellationToken));
            }
        });
        return Command;
    }

    private async Task RunAsync(
        ParseResult parsed,
        Func<StorageEngine, ParseResult, LineOutput, CancellationToken, Task> action,
        CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenReadOnlyAsync(
            parsed.GetValue(_directory)!, cancellationToken);
        LineOutput output = new(_io, Command.Options.Any(o => o.Name == "--json") && parsed.WantsJson());
        try
        {
            await action(engine, parsed, output, cancellationToken);
        }
        catch (BlobDamagedException error)
        {
            Verdict.ShowBefore(output.Flush);
            throw error.InnerException as CorruptionException
                ?? new CorruptionException(parsed.GetValue(_directory)!, -1, error.Message);
        }
        catch (LogEngineException)
        {
            // What stands before the damage is right: it is shown first.
            Verdict.ShowBefore(output.Flush);
            throw;
        }

        output.Flush();
    }
}
