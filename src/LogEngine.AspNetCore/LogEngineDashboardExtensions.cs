using System.Diagnostics.CodeAnalysis;
using LogEngine;
using LogEngine.AspNetCore;
using LogEngine.AspNetCore.Dashboard;
using LogEngine.Extensions;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the dashboard of an application's storage engines.</summary>
public static class LogEngineDashboardExtensions
{
    /// <summary>
    /// A page that shows the application's engines: segments, commits, snapshots and compaction, recovery, faults,
    /// keyspaces, queues with their dead letters, topics. It is there only where it is mapped, only for whom the application's
    /// default policy lets in, and only to read, unless the options say otherwise.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The engines are those that were added with <c>AddLogEngine</c>; where none was, the
    /// <see cref="StorageEngine"/> among the services. Whatever state they are in, the page stands: it opens none of the
    /// former, and says what it could not read.
    /// </para>
    /// <para>
    /// What is returned takes further conventions, such as <c>RequireAuthorization("operators")</c>. Everything that
    /// the page needs is served below the prefix, with a content security policy that admits nothing else.
    /// </para>
    /// </remarks>
    /// <param name="endpoints">The application, or a group of its endpoints.</param>
    /// <param name="prefix">Where it is.</param>
    /// <param name="configure">Sets options; null for all defaults.</param>
    /// <exception cref="InvalidOperationException">
    /// Among the services there is no engine; or no authorization, and <see cref="LogEngineDashboardOptions.AllowAnonymous"/>
    /// is not set; or no antiforgery, and <see cref="LogEngineDashboardOptions.AllowActions"/> is.
    /// </exception>
    public static IEndpointConventionBuilder MapLogEngine(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string prefix,
        Action<LogEngineDashboardOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        LogEngineDashboardOptions options = new();
        configure?.Invoke(options);
        Require(endpoints.ServiceProvider, options);
        RouteGroupBuilder group = endpoints.MapGroup(prefix);
        DashboardEndpoints.Map(group, options);
        return group.ExcludeFromDescription();
    }

    /// <summary>The same, at <c>/logengine</c>.</summary>
    /// <inheritdoc cref="MapLogEngine(IEndpointRouteBuilder, string, Action{LogEngineDashboardOptions}?)"/>
    public static IEndpointConventionBuilder MapLogEngine(
        this IEndpointRouteBuilder endpoints, Action<LogEngineDashboardOptions>? configure = null) =>
        endpoints.MapLogEngine("/logengine", configure);

    private static void Require(IServiceProvider services, LogEngineDashboardOptions options)
    {
        IServiceProviderIsService known = services.GetRequiredService<IServiceProviderIsService>();
        if (!known.IsService(typeof(RegisteredEngine)) && !known.IsService(typeof(StorageEngine)))
        {
            throw new InvalidOperationException(
                "The dashboard shows storage engines, and there is none among the services: add one with "
                + "services.AddLogEngine.");
        }

        if (!(options.AllowAnonymous && options.ActionPolicy is null)
            && !known.IsService(typeof(IAuthorizationService)))
        {
            throw new InvalidOperationException(
                "The dashboard is only for whom the application's authorization lets in, and there is none among "
                + "the services: add it with services.AddAuthorization(), and services.AddAuthentication() with a "
                + "scheme, or map the dashboard with options => options.AllowAnonymous = true, for everybody who "
                + "reaches the application.");
        }

        if (options.AllowActions && !known.IsService(typeof(IAntiforgery)))
        {
            throw new InvalidOperationException(
                "The dashboard is to replay and discard dead letters, and nothing among the services protects it "
                + "against forged requests: add services.AddAntiforgery().");
        }
    }
}
