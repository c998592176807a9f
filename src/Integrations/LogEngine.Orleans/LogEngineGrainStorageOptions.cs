using Orleans.Storage;

namespace LogEngine.Orleans;

/// <summary>Of a grain storage provider: where states are, and what a write survives.</summary>
public sealed class LogEngineGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>Name of the engine, a keyed service; null, the default, for the one without a key.</summary>
    public string? Engine { get; set; }

    /// <summary>
    /// Name that states are kept under; null, the default, for the provider's name. Providers of a service that have
    /// the same one share their states.
    /// </summary>
    public string? Store { get; set; }

    /// <summary>
    /// Whether clearing a state removes its row. Default false: what is left is a row of a byte with a new ETag.
    /// </summary>
    public bool DeleteStateOnClear { get; set; }

    /// <summary>
    /// What a write or a clear survives once its task has completed. Default null: the engine's default.
    /// </summary>
    public Durability? Durability { get; set; }

    /// <summary>
    /// Stage of the silo's lifecycle in which the engine is looked for. Default
    /// <see cref="ServiceLifecycleStage.ApplicationServices"/>.
    /// </summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <summary>
    /// Makes bytes of states. Default null: the silo's <see cref="IGrainStorageSerializer"/>, keyed by the provider's
    /// name where there is such a one.
    /// </summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
