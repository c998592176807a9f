using LogEngine.Extensions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.PostgreSql.Hosting;

/// <summary>Opens engines on PostgreSQL for applications.</summary>
internal sealed class PostgreSqlEngineFactory(
    Func<string, PostgreSqlEngineOptions, PostgreSqlEngineOptions>? configure) : IStorageEngineFactory
{
    internal const string Section = "PostgreSql";

    public string Kind => LogEnginePostgreSqlServiceCollectionExtensions.Kind;

    public IEnumerable<string> Validate(EngineOpening opening)
    {
        PostgreSqlEngineOptions? options = null;
        string? problem = null;
        try
        {
            options = OptionsOf(opening);
            if (!string.IsNullOrWhiteSpace(options.ConnectionString))
            {
                options.Validate();
            }
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // What is no number or duration is told by the binder, with the key that it stands under.
            problem = error.Message;
        }

        if (problem is not null)
        {
            yield return problem;
        }
        else if (string.IsNullOrWhiteSpace(options!.ConnectionString))
        {
            yield return $"no {Section}:{nameof(options.ConnectionString)} is set.";
        }
    }

    public async ValueTask<StorageEngine> OpenAsync(
        EngineOpening opening, CancellationToken cancellationToken)
    {
        PostgreSqlEngineOptions options = OptionsOf(opening);
        return await PostgreSqlEngine.OpenAsync(
            options with { LoggerFactory = options.LoggerFactory ?? opening.LoggerFactory },
            cancellationToken).ConfigureAwait(false);
    }

    private PostgreSqlEngineOptions OptionsOf(EngineOpening opening)
    {
        PostgreSqlEngineSettings settings = new();
        opening.Section?.GetSection(Section).Bind(settings);
        PostgreSqlEngineOptions options = settings.ToOptions();
        return configure is null ? options : configure(opening.Name, options);
    }
}
