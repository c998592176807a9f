using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What was done before the page was shown again: from an act of the list and a number alone.</summary>
internal static class Outcome
{
    internal static void Write(Html html, IQueryCollection query)
    {
        if (LetterAct.Of(query["act"]) is not { } act
            || !long.TryParse(query["done"], NumberStyles.None, CultureInfo.InvariantCulture, out long done))
        {
            return;
        }

        bool replayed = act == LetterAct.Replay || act == LetterAct.ReplayAll;
        string what = done == 0
            ? "Nothing was done: it was not there any more."
            : $"{Shown.Count(done, "dead letter was", "dead letters were")} {(replayed ? "replayed" : "discarded")}.";
        html.Write($"<p class=\"done\" role=\"status\">{what}</p>\n");
    }
}
