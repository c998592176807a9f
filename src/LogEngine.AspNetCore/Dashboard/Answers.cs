using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>How requests are answered.</summary>
internal static class Answers
{
    /// <summary>Nothing but what is served below the prefix, nothing inline, in no frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    internal static void Secure(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.CacheControl = "no-store";
    }

    /// <summary>A page, with the status that has been set.</summary>
    internal static async Task PageAsync(
        HttpContext context, Place place, string title, string? engine, Html main)
    {
        Html page = Layout.Page(place, title, ShownEngine.Of(context.RequestServices), engine, main);
        Secure(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(page.ToString(), Encoding.UTF8, context.RequestAborted)
            .ConfigureAwait(false);
    }

    /// <summary>A file of the page: of this version for ever, for whoever was let in.</summary>
    internal static async Task FileAsync(HttpContext context, string name, string type)
    {
        byte[] content = Resources.Of(name);
        Secure(context.Response);
        context.Response.Headers[HeaderNames.CacheControl] = "private, max-age=31536000, immutable";
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted).ConfigureAwait(false);
    }
}
