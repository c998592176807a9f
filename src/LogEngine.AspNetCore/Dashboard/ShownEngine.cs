using LogEngine.Extensions;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>An engine that the dashboard shows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">How far it is.</param>
/// <param name="Engine">The engine, while it is open.</param>
/// <param name="OpeningFailure">Why it could not be opened.</param>
/// <param name="IsRegistered">It was added with <c>AddLogEngine</c>, so there is a health check for it.</param>
internal sealed record ShownEngine(
    string Name, EngineState State, StorageEngine? Engine, Exception? OpeningFailure, bool IsRegistered)
{
    private const string Unnamed = "engine";

    /// <summary>Why it takes no more writes; null where it does.</summary>
    internal StorageFaultedException? Fault =>
        Engine?.Faulted is { IsCompletedSuccessfully: true } faulted ? faulted.Result : null;

    /// <summary>In a word.</summary>
    internal string Word => Fault is not null ? "faulted" : State switch
    {
        EngineState.NotOpened => "not opened yet",
        EngineState.Opening => "opening",
        EngineState.Failed => "not opened",
        EngineState.Open when Engine is not null => "open",
        _ => "closed",
    };

    /// <summary>For whom reads words by their colour.</summary>
    internal string Tone => Fault is not null || State == EngineState.Failed ? "bad"
        : Engine is not null ? "good"
        : "calm";

    /// <summary>All of an application, in the order in which they were added.</summary>
    internal static IReadOnlyList<ShownEngine> Of(IServiceProvider services)
    {
        ShownEngine[] registered =
        [
            .. services.GetServices<RegisteredEngine>().Select(engine => new ShownEngine(
                engine.Name, engine.State, engine.Engine, engine.OpeningFailure, IsRegistered: true)),
        ];
        return registered.Length == 0 && services.GetService<StorageEngine>() is { } engine
            ? [new ShownEngine(Unnamed, EngineState.Open, engine, null, IsRegistered: false)]
            : registered;
    }
}
