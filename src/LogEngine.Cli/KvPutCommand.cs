using System.CommandLine;
using System.Text;

namespace LogEngine.Cli;

/// <summary>`kv put`: gives a key a value.</summary>
internal static class KvPutCommand
{
    internal static Command Create(ToolIO io)
    {
        KvKey place = new();
        Argument<string?> value = new("VALUE")
        {
            Description = "The value, as text; all of standard input if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<TimeSpan?> ttl = NumberOption.Seconds(
            "--ttl", "Seconds after which the value is absent.", least: 0.001);
        Option<string> durability = KvArguments.Durability();
        Command command = new(
            "put", "Gives a key a value and prints its version; creates what is missing.")
        {
            place.Directory, place.Keyspace, place.Key, value, place.IsHex, ttl, durability,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            byte[] key = place.KeyOf(parsed);
            DateTimeOffset? expiresAt = DateTimeOffset.UtcNow + parsed.GetValue(ttl);

            // The input first: an engine is not made for one that cannot be read.
            byte[] bytes = parsed.GetValue(value) is { } text
                ? Encoding.UTF8.GetBytes(text)
                : await MessageArguments.ReadAllAsync(io.Input, cancellationToken);
            async Task<Outcome> PutAsync(StorageEngine engine)
            {
                long version = await engine.GetKeyspace(place.KeyspaceOf(parsed)).PutAsync(
                    key,
                    bytes,
                    KvArguments.ParseDurability(parsed.GetValue(durability)!),
                    expiresAt,
                    cancellationToken);
                return new Outcome($"{version}", ("version", version));
            }

            await Rehearsal.RunAsync(PutAsync);
            return await EnginePlace.ChangeAsync(
                io,
                parsed.WantsJson(),
                EnginePlace.OpenOrCreateAsync(place.DirectoryOf(parsed), cancellationToken),
                PutAsync);
        });
        return command;
    }
}
