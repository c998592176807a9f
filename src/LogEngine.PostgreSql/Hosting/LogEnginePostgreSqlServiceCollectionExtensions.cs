using LogEngine.Extensions;
using LogEngine.PostgreSql;
using LogEngine.PostgreSql.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the engine on PostgreSQL to those that an application can choose.</summary>
public static class LogEnginePostgreSqlServiceCollectionExtensions
{
    /// <summary>The kind of engine, as settings say it: <c>postgresql</c>.</summary>
    public const string Kind = "postgresql";

    /// <summary>
    /// Lets <c>AddLogEngine</c> open engines whose kind is <see cref="Kind"/>. Their options come from the part
    /// <c>PostgreSql</c> of their section, by the names of <see cref="PostgreSqlEngineOptions"/>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">
    /// Gets an engine's name with the options that its section says, and gives those to be used; for what is
    /// not in the section, such as a connection string that is kept elsewhere. Called more than once. Null for nothing.
    /// </param>
    public static IServiceCollection AddLogEnginePostgreSql(
        this IServiceCollection services,
        Func<string, PostgreSqlEngineOptions, PostgreSqlEngineOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton<IStorageEngineFactory>(new PostgreSqlEngineFactory(configure));
    }
}
