using Microsoft.AspNetCore.Http;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>Where the dashboard is, as a request has reached it; addresses of its parts.</summary>
/// <param name="Base">Path of the page, without a slash at its end; encoded.</param>
internal readonly record struct Place(string Base)
{
    internal const string Style = "style.css";
    internal const string Script = "live.js";
    internal const string Icon = "icon.svg";
    internal const string Live = "live";
    internal const string Confirm = "confirm";
    internal const string Act = "act";

    /// <param name="request">A request.</param>
    /// <param name="part">Which part of the dashboard it is for; empty for the page.</param>
    internal static Place Of(HttpRequest request, string part)
    {
        string path = (request.PathBase + request.Path).ToUriComponent().TrimEnd('/');
        return new Place(part.Length == 0 ? path : path[..^(part.Length + 1)]);
    }

    /// <summary>The address of the page, or of a part of it.</summary>
    internal string To(string part, params ReadOnlySpan<(string Key, string? Value)> query)
    {
        string address = part.Length > 0 ? $"{Base}/{part}" : Base.Length > 0 ? Base : "/";
        char before = '?';
        foreach ((string key, string? value) in query)
        {
            if (value is not null)
            {
                address += $"{before}{key}={Uri.EscapeDataString(value)}";
                before = '&';
            }
        }

        return address;
    }
}
