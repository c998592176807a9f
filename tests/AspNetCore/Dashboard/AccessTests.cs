using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>Who is let in, and what a browser is told to do with the page.</summary>
public sealed partial class AccessTests
{
    public static TheoryData<string> Parts => new(
        "/logengine",
        "/logengine/",
        "/logengine?engine=main",
        "/logengine/style.css",
        "/logengine/live.js",
        "/logengine/icon.svg",
        "/logengine/live?engine=main");

    [Fact]
    public async Task It_is_not_there_unless_it_is_mapped()
    {
        await using Site site = await Site.OfMemoryAsync(_ => { });
        Assert.Equal(HttpStatusCode.NotFound, (await site.GetAsync()).Status);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Every_part_is_refused_to_who_is_not_let_in(string part)
    {
        await using Site site = await Site.OfMemoryAsync(
            app => app.MapLogEngine().RequireAuthorization(Site.Operators));
        Assert.Equal(HttpStatusCode.Unauthorized, (await site.GetAsync(part, user: null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await site.GetAsync(part, user: "ada")).Status);
        Assert.Equal(HttpStatusCode.OK, (await site.GetAsync(part, user: "op")).Status);
    }

    [Fact]
    public async Task By_default_whoever_is_known_is_let_in()
    {
        await using Site site = await Site.OfMemoryAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await site.GetAsync(user: null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await site.GetAsync(user: "ada")).Status);
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Everybody_is_let_in_where_that_is_said(string part)
    {
        await using Site option = await Site.OfMemoryAsync(
            app => app.MapLogEngine(configure: options => options.AllowAnonymous = true));
        Assert.Equal(HttpStatusCode.OK, (await option.GetAsync(part, user: null)).Status);
        await using Site convention = await Site.OfMemoryAsync(app => app.MapLogEngine().AllowAnonymous());
        Assert.Equal(HttpStatusCode.OK, (await convention.GetAsync(part, user: null)).Status);
    }

    [Fact]
    public async Task Without_services_of_authorization_it_is_mapped_for_everybody_or_not_at_all()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        Site.AddMemory(builder.Services);
        await using WebApplication app = builder.Build();
        InvalidOperationException refused =
            Assert.Throws<InvalidOperationException>(() => app.MapLogEngine());
        Assert.Contains("AddAuthorization", refused.Message, StringComparison.Ordinal);
        Assert.Contains("AllowAnonymous = true", refused.Message, StringComparison.Ordinal);
        app.MapLogEngine(configure: options => options.AllowAnonymous = true);
        await app.StartAsync();
        using HttpResponseMessage response = await app.GetTestClient().GetAsync("/logengine");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Without_antiforgery_it_is_not_mapped_with_actions()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        Site.AddMemory(builder.Services);
        builder.Services.AddAuthorization();
        await using WebApplication app = builder.Build();
        Assert.Contains(
            "AddAntiforgery",
            Assert.Throws<InvalidOperationException>(
                () => app.MapLogEngine(configure: options => options.AllowActions = true)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_engine_it_is_not_mapped()
    {
        await using WebApplication app = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains(
            "AddLogEngine",
            Assert.Throws<InvalidOperationException>(() => app.MapLogEngine()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_runs_and_shows_nothing_but_the_pages_own_files()
    {
        await using Site site = await Site.OfMemoryAsync(
            app => app.MapLogEngine(configure: options => options.AllowActions = true));
        await Busy.FillAsync(site.Engine());
        foreach (string address in new[]
        {
            "/logengine",
            "/logengine?queue=mail",
            "/logengine/confirm?engine=main&queue=mail&act=discard-all",
        })
        {
            using HttpResponseMessage response = await site.SendAsync(HttpMethod.Get, address);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
            Assert.Contains("no-store", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            string page = await response.Content.ReadAsStringAsync();
            Assert.DoesNotMatch(Inline(), page);
            Assert.All(
                Address().Matches(page),
                link => Assert.Matches("^(/logengine|#main)", link.Groups[1].Value));
        }
    }

    /// <summary>All that is needed to see a busy engine.</summary>
    [Fact]
    public async Task Page_style_and_script_together_stay_below_100_kilobytes()
    {
        await using Site site = await Site.OfMemoryAsync(
            app => app.MapLogEngine(configure: options => options.AllowActions = true));
        await Busy.FillAsync(site.Engine());
        long bytes = 0;
        foreach (string part in new[] { "", "/style.css", "/live.js", "/icon.svg" })
        {
            using HttpResponseMessage response = await site.SendAsync(HttpMethod.Get, $"/logengine{part}");
            bytes += (await response.Content.ReadAsByteArrayAsync()).Length;
        }

        Assert.InRange(bytes, 10_000, 100_000);
    }

    [Fact]
    public async Task It_is_where_it_is_mapped_with_all_its_parts()
    {
        await using Site site = await Site.OfMemoryAsync(app =>
        {
            app.UsePathBase("/shop");
            app.UseRouting();
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapGroup("/admin/{tenant}").MapLogEngine("store");
        });
        string page = await site.PageAsync("/shop/admin/a%20b/store");
        string[] links = [.. Address().Matches(page).Select(match => match.Groups[1].Value)];
        Assert.Contains("/shop/admin/a%20b/store?engine=main", links);
        string style = Assert.Single(links, link => link.Contains("style.css", StringComparison.Ordinal));
        Assert.Contains("color-scheme", await site.PageAsync(style), StringComparison.Ordinal);
    }

    [GeneratedRegex("<script(?![^>]* src=)|<style|\\s(style|on[a-z]+)=", RegexOptions.IgnoreCase)]
    private static partial Regex Inline();

    [GeneratedRegex("(?:href|src|action|data-live)=\"([^\"]*)\"")]
    private static partial Regex Address();
}
