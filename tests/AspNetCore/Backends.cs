using LogEngine.PostgreSql;

namespace LogEngine.AspNetCoreTests;

/// <summary>The engines that everything here is tried on.</summary>
public sealed class Backends : IAsyncLifetime
{
    internal const string Directory = "directory";
    internal const string Memory = "memory";
    internal const string PostgreSql = "postgresql";

    private PostgreServer? _server;
    private int _schemas;

    /// <summary>All of them.</summary>
    public static TheoryData<string> All => new(Directory, Memory, PostgreSql);

    /// <summary>Those that go by a clock of the test's.</summary>
    public static TheoryData<string> Clocked => new(Directory, Memory);

    /// <summary>Those whose data outlives them.</summary>
    public static TheoryData<string> Lasting => new(Directory, PostgreSql);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (PostgreServer.WhyNot() is null)
        {
            _server = await PostgreServer.StartNewAsync("fsync=off");
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>An empty engine of a kind.</summary>
    internal async Task<Backend> OpenAsync(string kind, TimeProvider? time = null)
    {
        Skip.If(kind == PostgreSql && PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        Backend backend = new(kind, time ?? TimeProvider.System, kind == PostgreSql
            ? new PostgreSqlEngineOptions
            {
                ConnectionString = _server!.ConnectionString,
                Schema = $"test_{Interlocked.Increment(ref _schemas)}",
            }
            : null);
        await backend.ReopenAsync();
        return backend;
    }
}

/// <summary>An engine of a test.</summary>
internal sealed class Backend(string kind, TimeProvider time, PostgreSqlEngineOptions? options) : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private StorageEngine? _engine;

    internal StorageEngine Engine => _engine!;

    internal string Directory => _scratch.Path;

    /// <summary>Closes it where it is open, and opens it.</summary>
    internal async Task ReopenAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        StorageEngineOptions embedded = new() { TimeProvider = time };
        _engine = kind switch
        {
            Backends.Directory => await StorageEngine.OpenAsync(_scratch.Path, embedded),
            Backends.Memory => StorageEngine.OpenInMemory(embedded),
            _ => await PostgreSqlEngine.OpenAsync(options!),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }

        if (System.IO.Directory.Exists(Path.GetDirectoryName(_scratch.Path)))
        {
            _scratch.Dispose();
        }
    }
}
