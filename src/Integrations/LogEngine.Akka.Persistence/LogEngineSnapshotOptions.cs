using System.Text;
using Akka.Configuration;
using Akka.Persistence.Hosting;

namespace LogEngine.Akka.Persistence;

/// <summary>Settings of a snapshot store, for <see cref="LogEnginePersistenceHostingExtensions"/>.</summary>
/// <remarks>
/// Mutable, as the framework's options are; checked when the store starts. <c>AutoInitialize</c> has no effect: a
/// store is there with its first snapshot.
/// </remarks>
public sealed class LogEngineSnapshotOptions : SnapshotOptions
{
    /// <summary>Those of the default snapshot store.</summary>
    public LogEngineSnapshotOptions()
        : this(isDefaultPlugin: true)
    {
    }

    /// <summary>Those of one snapshot store of several.</summary>
    /// <param name="isDefaultPlugin">Whether persistent actors take it that name none.</param>
    public LogEngineSnapshotOptions(bool isDefaultPlugin)
        : base(isDefaultPlugin) => Serializer = "";

    /// <summary>Last part of the plugin's section; default <c>logengine</c>.</summary>
    public override string Identifier { get; set; } = "logengine";

    /// <summary>
    /// Directory of an engine that the actor system opens when it is first needed and closes when it terminates;
    /// default empty: <see cref="Engine"/>.
    /// </summary>
    public string Directory { get; set; } = "";

    /// <summary>
    /// Under which name the application's engine is handed over; default <c>default</c>.
    /// </summary>
    public string Engine { get; set; } = LogEngineSetup.DefaultName;

    /// <summary>Name of the snapshot store in its engine; default <c>default</c>.</summary>
    public string Store { get; set; } = "default";

    /// <summary>What a snapshot survives when it is saved; default null: the engine's default.</summary>
    public Durability? Durability { get; set; }

    /// <inheritdoc/>
    protected override Config InternalDefaultConfig =>
        LogEnginePersistence.DefaultConfiguration().GetConfig(LogEnginePersistence.SnapshotStoreId);

    /// <inheritdoc/>
    protected override StringBuilder Build(StringBuilder sb)
    {
        ArgumentNullException.ThrowIfNull(sb);
        HoconOf.Plugin(sb, Directory, Engine, Store, Durability);
        return base.Build(sb);
    }
}
