using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>
/// An application with a dashboard, in this process: a request says in a header who it is from, and one from 'op' is an
/// operator's.
/// </summary>
internal sealed class Site(WebApplication app) : IAsyncDisposable
{
    internal const string UserHeader = "X-User";
    internal const string Operators = "operators";

    internal IServiceProvider Services => app.Services;

    /// <summary>Where it listens.</summary>
    internal string Address => app.Urls.Single();

    /// <summary>An application that is started.</summary>
    /// <param name="engines">Adds its engines.</param>
    /// <param name="map">Maps the dashboard; as the defaults have it where null.</param>
    /// <param name="told">What is logged goes there too.</param>
    /// <param name="listens">For a browser: on a port of this machine, which the system chooses.</param>
    internal static async Task<Site> StartAsync(
        Action<IServiceCollection> engines,
        Action<WebApplication>? map = null,
        ILoggerProvider? told = null,
        bool listens = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        if (listens)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Logging.ClearProviders();
        if (told is not null)
        {
            builder.Logging.AddProvider(told);
        }

        builder.Services.AddAuthentication(HeaderUser.Scheme)
            .AddScheme<AuthenticationSchemeOptions, HeaderUser>(HeaderUser.Scheme, null);
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy(Operators, policy => policy.RequireUserName("op"));
        builder.Services.AddAntiforgery();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        engines(builder.Services);
        WebApplication app = builder.Build();
        (map ?? (mapped => mapped.MapLogEngine()))(app);
        await app.StartAsync();
        return new Site(app);
    }

    /// <summary>An application with one empty engine in memory, 'main'.</summary>
    internal static Task<Site> OfMemoryAsync(Action<WebApplication>? map = null, ILoggerProvider? told = null) =>
        StartAsync(AddMemory, map, told);

    internal static void AddMemory(IServiceCollection services) =>
        services.AddLogEngine("main", settings => settings.Engine = LogEngineSettings.MemoryKind);

    internal StorageEngine Engine(string name = "main") =>
        app.Services.GetRequiredKeyedService<StorageEngine>(name);

    internal async Task<(HttpStatusCode Status, string Body)> GetAsync(
        string address = "/logengine", string? user = "op")
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, address, user);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A page that is there.</summary>
    internal async Task<string> PageAsync(string address = "/logengine", string? user = "op")
    {
        (HttpStatusCode status, string body) = await GetAsync(address, user);
        Assert.True(status == HttpStatusCode.OK, $"{status}: {body}");
        return body;
    }

    internal async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string address, string? user = "op", string? cookie = null, HttpContent? content = null)
    {
        HttpRequestMessage request = new(method, address) { Content = content };
        if (user is not null)
        {
            request.Headers.Add(UserHeader, user);
        }

        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await app.GetTestClient().SendAsync(request);
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    /// <summary>Who is named in a header.</summary>
    internal sealed class HeaderUser(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        internal new const string Scheme = "header";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
            Request.Headers[UserHeader].ToString() is { Length: > 0 } name
                ? AuthenticateResult.Success(new AuthenticationTicket(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], Scheme)), Scheme))
                : AuthenticateResult.NoResult());
    }
}
