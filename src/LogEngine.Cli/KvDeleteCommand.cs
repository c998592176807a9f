using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`kv delete`: removes a key.</summary>
internal static class KvDeleteCommand
{
    internal static Command Create(ToolIO io)
    {
        KvKey place = new();
        Option<string> durability = KvArguments.Durability();
        Command command = new(
            "delete", "Removes a key of a keyspace, whether or not it is there; prints the sequence of that.")
        {
            place.Directory, place.Keyspace, place.Key, place.IsHex, durability,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            byte[] key = place.KeyOf(parsed);
            return EnginePlace.ChangeAsync(
                io,
                parsed.WantsJson(),
                EnginePlace.OpenAsync(place.DirectoryOf(parsed), cancellationToken),
                async engine =>
                {
                    string keyspace = place.KeyspaceOf(parsed);
                    await KvArguments.RequireAsync(engine, keyspace, cancellationToken);
                    long sequence = await engine.GetKeyspace(keyspace).DeleteAsync(
                        key,
                        KvArguments.ParseDurability(parsed.GetValue(durability)!),
                        cancellationToken);
                    return new Outcome($"{sequence}", ("sequence", sequence));
                });
        });
        return command;
    }
}
