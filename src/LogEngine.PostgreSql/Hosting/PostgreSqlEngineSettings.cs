namespace LogEngine.PostgreSql.Hosting;

/// <summary>
/// What a configuration section says of an engine on PostgreSQL. What is null keeps its default; the names are those
/// of <see cref="PostgreSqlEngineOptions"/>.
/// </summary>
internal sealed class PostgreSqlEngineSettings
{
    public string? ConnectionString { get; set; }

    public string? Schema { get; set; }

    public bool? InstallSchema { get; set; }

    public Durability? DefaultDurability { get; set; }

    public int? WriteConnections { get; set; }

    public int? MaxReadConnections { get; set; }

    public TimeSpan? RetryTime { get; set; }

    public TimeSpan? ResponseTimeout { get; set; }

    public TimeSpan? MaxViewTime { get; set; }

    public TimeSpan? PollInterval { get; set; }

    public IReadOnlyList<string>? WatchedKeyspaces { get; set; }

    public TimeSpan? ChangeRetention { get; set; }

    internal PostgreSqlEngineOptions ToOptions()
    {
        PostgreSqlEngineOptions defaults = new() { ConnectionString = ConnectionString ?? "" };
        return defaults with
        {
            Schema = Schema ?? defaults.Schema,
            InstallSchema = InstallSchema ?? defaults.InstallSchema,
            DefaultDurability = DefaultDurability ?? defaults.DefaultDurability,
            WriteConnections = WriteConnections ?? defaults.WriteConnections,
            MaxReadConnections = MaxReadConnections ?? defaults.MaxReadConnections,
            RetryTime = RetryTime ?? defaults.RetryTime,
            ResponseTimeout = ResponseTimeout ?? defaults.ResponseTimeout,
            MaxViewTime = MaxViewTime ?? defaults.MaxViewTime,
            PollInterval = PollInterval ?? defaults.PollInterval,
            WatchedKeyspaces = WatchedKeyspaces ?? defaults.WatchedKeyspaces,
            ChangeRetention = ChangeRetention ?? defaults.ChangeRetention,
        };
    }
}
