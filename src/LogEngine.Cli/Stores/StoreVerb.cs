using System.CommandLine;
using LogEngine.Stores;

namespace LogEngine.Cli.Stores;

/// <summary>A verb of a store's command, with the arguments that all of them share.</summary>
internal sealed class StoreVerb
{
    private readonly ToolIO _io;
    private readonly Argument<string> _directory = new("DIR")
    {
        Description = "The engine's directory.",
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

    /// <summary>Adds an option.</summary>
    internal Option<T> Option<T>(string name, string description)
    {
        Option<T> option = new(name) { Description = description };
        Command.Add(option);
        return option;
    }

    /// <summary>What the verb does with an open engine; it is closed behind it.</summary>
    internal Command Does(
        bool create,
        Func<StorageEngine, ParseResult, LineOutput, CancellationToken, Task> action)
    {
        Command.SetAction(async (parsed, cancellationToken) =>
        {
            await using StorageEngine engine = await StorePlace.OpenAsync(
                parsed.GetValue(_directory)!, create, cancellationToken);
            LineOutput output = new(_io);
            try
            {
                await action(engine, parsed, output, cancellationToken);
                await engine.CloseAsync();
            }
            catch (BlobDamagedException error)
            {
                output.Flush();
                throw error.InnerException as CorruptionException
                    ?? new CorruptionException(parsed.GetValue(_directory)!, -1, error.Message);
            }
            catch (LogEngineException)
            {
                // What stands before the damage is right: it is shown first.
                output.Flush();
                throw;
            }

            output.Flush();
            return ExitCode.Sound;
        });
        return Command;
    }
}
