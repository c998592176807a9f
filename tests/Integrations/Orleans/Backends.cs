using LogEngine.PostgreSql;

namespace LogEngine.OrleansTests;

/// <summary>An engine of each kind, open for all tests; each of them is a service of its own there.</summary>
public sealed class Backends : IAsyncLifetime
{
    private readonly ScratchDirectory _directory = new();
    private readonly Dictionary<string, StorageEngine> _engines = [];
    private PostgreServer? _server;

    public async Task InitializeAsync()
    {
        _engines["memory"] = StorageEngine.OpenInMemory();
        _engines["files"] = await StorageEngine.OpenAsync(
            _directory.Path, new StorageEngineOptions { DefaultDurability = Durability.ProcessCrash });
        if (PostgreServer.WhyNot() is null)
        {
            _server = await PostgreServer.StartNewAsync();
            _engines["postgresql"] = await PostgreSqlEngine.OpenAsync(
                new PostgreSqlEngineOptions { ConnectionString = _server.ConnectionString });
        }
    }

    public async Task DisposeAsync()
    {
        foreach (StorageEngine engine in _engines.Values)
        {
            await engine.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _directory.Dispose();
    }

    internal StorageEngine Of(string kind)
    {
        Skip.If(!_engines.ContainsKey(kind), PostgreServer.WhyNot());
        return _engines[kind];
    }

    /// <summary>A connection to the server, for engines as of other processes.</summary>
    internal string ConnectionString
    {
        get
        {
            Skip.If(_server is null, PostgreServer.WhyNot());
            return _server!.ConnectionString;
        }
    }
}

/// <summary>Tests that share the engines, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class BackendTests : ICollectionFixture<Backends>
{
    internal const string Name = "backends";
}
