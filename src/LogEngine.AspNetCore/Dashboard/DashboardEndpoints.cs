using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What is served below the prefix.</summary>
internal static class DashboardEndpoints
{
    /// <summary>Delegates of requests only: nothing of them is bound by reflection.</summary>
    internal static void Map(RouteGroupBuilder all, LogEngineDashboardOptions options)
    {
        RouteGroupBuilder group = all.MapGroup("");
        group.MapGet("", context => PageAsync(context, options));
        group.MapGet(Place.Live, LiveData.WriteAsync);
        group.MapGet(Place.Style, context => Answers.FileAsync(context, Place.Style, "text/css; charset=utf-8"));
        group.MapGet(
            Place.Script, context => Answers.FileAsync(context, Place.Script, "text/javascript; charset=utf-8"));
        group.MapGet(Place.Icon, context => Answers.FileAsync(context, Place.Icon, "image/svg+xml"));
        if (options.AllowAnonymous)
        {
            group.AllowAnonymous();
        }
        else
        {
            all.RequireAuthorization();
        }

        if (options.AllowActions)
        {
            RouteGroupBuilder actions = all.MapGroup("");
            actions.MapGet(Place.Confirm, LetterEndpoints.ConfirmAsync);
            actions.MapPost(Place.Act, LetterEndpoints.ActAsync);
            if (options.ActionPolicy is { } policy)
            {
                actions.RequireAuthorization(policy);
            }
            else if (options.AllowAnonymous)
            {
                actions.AllowAnonymous();
            }
        }
    }

    private static async Task PageAsync(HttpContext context, LogEngineDashboardOptions options)
    {
        Place place = Place.Of(context.Request, "");
        IReadOnlyList<ShownEngine> engines = ShownEngine.Of(context.RequestServices);
        string? name = EnginePage.Query(context, "engine");
        ShownEngine? shown = name is null
            ? engines[0]
            : engines.FirstOrDefault(engine => engine.Name == name);
        Html main = new();
        if (shown is null)
        {
            main.Write($"<h2>Not found</h2>\n<p class=\"failed\">There is no engine {new Name(name!)}.</p>\n");
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else
        {
            main = await EnginePage.MakeAsync(context, place, options, shown).ConfigureAwait(false);
        }

        await Answers.PageAsync(context, place, shown?.Name ?? "Not found", shown?.Name, main)
            .ConfigureAwait(false);
    }
}
