using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What the plots are drawn from: counters as they are, and when that was. From memory alone.</summary>
internal static class LiveData
{
    internal static async Task WriteAsync(HttpContext context)
    {
        string? name = EnginePage.Query(context, "engine");
        if (ShownEngine.Of(context.RequestServices).FirstOrDefault(engine => engine.Name == name)
            is not { } shown)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        Answers.Secure(context.Response);
        context.Response.ContentType = "application/json";
        using Utf8JsonWriter json = new(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("state", shown.Word);
        json.WriteNumber("at", Environment.TickCount64);
        if (CommitsOf(shown.Engine) is { } commits)
        {
            json.WriteNumber("groups", commits.Groups);
            json.WriteNumber("writes", commits.Writes);
            json.WriteNumber("syncs", commits.Syncs);
            json.WriteNumber("milliseconds", commits.SyncTime.TotalMilliseconds);
        }

        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static CommitStatistics? CommitsOf(StorageEngine? engine)
    {
        try
        {
            return engine?.Commits;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }
}
