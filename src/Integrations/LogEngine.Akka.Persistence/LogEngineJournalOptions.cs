using System.Text;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Hosting;

namespace LogEngine.Akka.Persistence;

/// <summary>Settings of a journal, for <see cref="LogEnginePersistenceHostingExtensions"/>.</summary>
/// <remarks>
/// Mutable, as the framework's options are; checked when the journal starts. <c>AutoInitialize</c> has no effect: a
/// journal is there with its first event.
/// </remarks>
public sealed class LogEngineJournalOptions : JournalOptions
{
    /// <summary>Those of the default journal.</summary>
    public LogEngineJournalOptions()
        : this(isDefaultPlugin: true)
    {
    }

    /// <summary>Those of one journal of several.</summary>
    /// <param name="isDefaultPlugin">Whether persistent actors take it that name none.</param>
    public LogEngineJournalOptions(bool isDefaultPlugin)
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

    /// <summary>Name of the journal in its engine; default <c>default</c>.</summary>
    public string Store { get; set; } = "default";

    /// <summary>What an event survives when its handler runs; default null: the engine's default.</summary>
    public Durability? Durability { get; set; }

    /// <summary>
    /// Whether the order of all events is kept, for <see cref="LogEngineReadJournal.AllEvents"/>; default true. It
    /// costs a key for each event.
    /// </summary>
    public bool AllEvents { get; set; } = true;

    /// <inheritdoc/>
    protected override Config InternalDefaultConfig =>
        LogEnginePersistence.DefaultConfiguration().GetConfig(LogEnginePersistence.JournalId);

    /// <inheritdoc/>
    protected override StringBuilder Build(StringBuilder sb)
    {
        ArgumentNullException.ThrowIfNull(sb);
        HoconOf.Plugin(sb, Directory, Engine, Store, Durability);
        sb.AppendLine($"all-events = {AllEvents.ToHocon()}");
        return base.Build(sb);
    }
}
