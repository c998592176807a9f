using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What somebody wants to do with dead letters.</summary>
/// <param name="Shown">The engine.</param>
/// <param name="Engine">The same; open.</param>
/// <param name="Queue">Name of the queue.</param>
/// <param name="Act">What is to be done.</param>
/// <param name="Id">With which one; 0 for all.</param>
internal sealed record LetterRequest(
    ShownEngine Shown, StorageEngine Engine, string Queue, LetterAct Act, long Id)
{
    /// <summary>Null where the address does not say it, or there is no such engine that is open.</summary>
    internal static LetterRequest? Of(HttpContext context)
    {
        string? name = EnginePage.Query(context, "engine");
        long id = 0;
        return ShownEngine.Of(context.RequestServices).FirstOrDefault(engine => engine.Name == name)
                is { Engine: { } engine } shown
            && EnginePage.Query(context, "queue") is { } queue
            && LetterAct.Of(EnginePage.Query(context, "act")) is { } act
            && (act.IsOfAll || long.TryParse(
                EnginePage.Query(context, "id"), NumberStyles.None, CultureInfo.InvariantCulture, out id))
            ? new LetterRequest(shown, engine, queue, act, id)
            : null;
    }
}
