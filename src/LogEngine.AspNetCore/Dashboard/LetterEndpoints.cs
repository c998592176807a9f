using System.Globalization;
using LogEngine.Stores.Queues;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>
/// Replaying and discarding: a page that asks, and the post that does it, which is taken only with the token of that page.
/// </summary>
internal static class LetterEndpoints
{
    internal static Task ConfirmAsync(HttpContext context)
    {
        if (LetterRequest.Of(context) is not { } asked)
        {
            return NotThereAsync(context, Place.Confirm);
        }

        Place place = Place.Of(context.Request, Place.Confirm);
        AntiforgeryTokenSet token = context.RequestServices.GetRequiredService<IAntiforgery>()
            .GetAndStoreTokens(context);
        string action = asked.Act.AddressOf(
            place, Place.Act, asked.Shown.Name, asked.Queue, asked.Act.IsOfAll ? null : asked.Id);
        string back = place.To("", ("engine", asked.Shown.Name), ("queue", asked.Queue)) + "#queues";
        Html main = new();
        main.Write($"<h2>{asked.Act.Verb}?</h2>\n<p>");
        if (asked.Act.IsOfAll)
        {
            main.Write($"All dead letters");
        }
        else
        {
            main.Write($"The dead letter {asked.Id}");
        }

        main.Write($"""
             of the queue {new Name(asked.Queue)} in the engine {new Name(asked.Shown.Name)}. {asked.Act.Consequence}</p>
            <form method="post" action="{action}">
            <input type="hidden" name="{token.FormFieldName}" value="{token.RequestToken}">
            <button type="submit">{asked.Act.Verb}</button> <a class="act" href="{back}">Go back</a>
            </form>

            """);
        return Answers.PageAsync(context, place, asked.Act.Verb, asked.Shown.Name, main);
    }

    internal static async Task ActAsync(HttpContext context)
    {
        Place place = Place.Of(context.Request, Place.Act);
        IAntiforgery antiforgery = context.RequestServices.GetRequiredService<IAntiforgery>();
        if (!await antiforgery.IsRequestValidAsync(context).ConfigureAwait(false))
        {
            await RefuseAsync(
                context,
                place,
                StatusCodes.Status400BadRequest,
                "This was not asked for by the page that asks, or that page is too old. Go back and ask again.")
                .ConfigureAwait(false);
            return;
        }

        if (LetterRequest.Of(context) is not { } asked)
        {
            await NotThereAsync(context, Place.Act).ConfigureAwait(false);
            return;
        }

        long done = 0;
        bool isThere;
        try
        {
            isThere = await asked.Engine.TryUseQueueAsync(
                asked.Queue,
                evenIfClosed: true,
                async queue => done = await asked.Act.RunAsync(
                    queue.DeadLetters, asked.Id, context.RequestAborted).ConfigureAwait(false),
                context.RequestAborted).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, whoever asked is told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            await RefuseAsync(
                context, place, StatusCodes.Status409Conflict, $"It was not done, or only in part: {error.Message}")
                .ConfigureAwait(false);
            return;
        }

        if (!isThere)
        {
            await NotThereAsync(context, Place.Act).ConfigureAwait(false);
            return;
        }

        Tell(context, asked, done);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = place.To(
            "",
            ("engine", asked.Shown.Name),
            ("queue", asked.Queue),
            ("act", asked.Act.Key),
            ("done", done.ToString(CultureInfo.InvariantCulture))) + "#main";
    }

    private static void Tell(HttpContext context, LetterRequest asked, long done) => Log.LettersActedOn(
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category),
        context.User.Identity?.Name ?? "somebody without a name",
        asked.Act.Key,
        asked.Act.IsOfAll ? "all" : asked.Id.ToString(CultureInfo.InvariantCulture),
        asked.Queue,
        asked.Shown.Name,
        done);

    private static Task NotThereAsync(HttpContext context, string part) => RefuseAsync(
        context,
        Place.Of(context.Request, part),
        StatusCodes.Status404NotFound,
        "There is no such dead letter, queue or engine, or the engine is not open.");

    private static Task RefuseAsync(HttpContext context, Place place, int status, string why)
    {
        Html main = new();
        main.Write($"<h2>Not done</h2>\n<p class=\"failed\">{why}</p>\n<p><a href=\"{place.To("")}\">To the dashboard</a></p>\n");
        context.Response.StatusCode = status;
        return Answers.PageAsync(context, place, "Not done", null, main);
    }
}
