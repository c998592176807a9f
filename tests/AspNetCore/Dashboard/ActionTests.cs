using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using LogEngine.Stores.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>Replaying and discarding dead letters: only where that is allowed, asked for and confirmed.</summary>
public sealed partial class ActionTests(Backends backends) : IClassFixture<Backends>
{
    private static readonly QueueOptions _options = new() { MaxDeliveries = 3 };

    [Fact]
    public async Task Without_the_option_nothing_can_be_done()
    {
        await using Site site = await Site.OfMemoryAsync();
        await using DurableQueue queue = await OpenWithDeadAsync(site.Engine(), 2);
        Assert.DoesNotContain("confirm", await site.PageAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await site.GetAsync(Confirm("discard-all"))).Status);
        using HttpResponseMessage posted = await site.SendAsync(
            HttpMethod.Post, Confirm("discard-all").Replace("confirm", "act", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, posted.StatusCode);
        Assert.Equal(2, await queue.DeadLetters.CountAsync());
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task A_dead_letter_is_replayed_into_a_queue_that_is_open_with_any_options(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using Site site = await StartAsync(backend.Engine);
        await using DurableQueue queue = await OpenWithDeadAsync(backend.Engine, 2);
        DeadLetter letter = await queue.DeadLetters.ListAsync().FirstAsync();
        string page = await DoAsync(site, $"{Confirm("replay", "engine")}&id={letter.Id}");
        Assert.Contains("1 dead letter was replayed.", page, StringComparison.Ordinal);
        Assert.Equal(1, await queue.DeadLetters.CountAsync());
        QueueDelivery again = (await queue.ReceiveAsync(TimeSpan.FromMinutes(1)))!;
        Assert.Equal("letter 0", Encoding.UTF8.GetString(again.Body.Span));

        // It is not there any more.
        page = await DoAsync(site, $"{Confirm("discard", "engine")}&id={letter.Id}");
        Assert.Contains("Nothing was done", page, StringComparison.Ordinal);
        page = await DoAsync(site, Confirm("discard-all", "engine"));
        Assert.Contains("1 dead letter was discarded.", page, StringComparison.Ordinal);
        Assert.Equal(0, await queue.DeadLetters.CountAsync());
    }

    [Fact]
    public async Task Dead_letters_of_a_closed_queue_are_replayed_too()
    {
        await using Site site = await AllowingAsync();
        await (await OpenWithDeadAsync(site.Engine(), 3)).DisposeAsync();
        string page = await DoAsync(site, Confirm("replay-all"));
        Assert.Contains("3 dead letters were replayed.", page, StringComparison.Ordinal);
        await using DurableQueue queue = await site.Engine().OpenQueueAsync("mail", _options);
        Assert.Equal(3, (await queue.GetStatisticsAsync()).Ready);
    }

    [Fact]
    public async Task What_no_page_has_asked_for_is_refused_and_nothing_is_done()
    {
        Told told = new() { Least = LogLevel.Information };
        await using Site site = await Site.OfMemoryAsync(Allow(), told);
        await using DurableQueue queue = await OpenWithDeadAsync(site.Engine(), 1);
        (string action, string field, string token, string cookie) = await AskAsync(site, Confirm("discard-all"));
        (string? Cookie, Dictionary<string, string> Form)[] forged =
        [
            (null, []),
            (cookie, []),
            (null, new() { [field] = token }),
            (cookie, new() { [field] = token[..^8] + "AAAAAAAA" }),
        ];
        foreach ((string? sent, Dictionary<string, string> form) in forged)
        {
            using HttpResponseMessage refused = await site.SendAsync(
                HttpMethod.Post, action, cookie: sent, content: new FormUrlEncodedContent(form));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        // Another user's token is none either.
        using HttpResponseMessage others = await site.SendAsync(
            HttpMethod.Post, action, "ada", cookie, new FormUrlEncodedContent([new(field, token)]));
        Assert.Equal(HttpStatusCode.BadRequest, others.StatusCode);
        Assert.Equal(1, await queue.DeadLetters.CountAsync());
        Assert.DoesNotContain(303, told.Ids);
        await DoAsync(site, Confirm("discard-all"));
        Assert.Equal(0, await queue.DeadLetters.CountAsync());
        Assert.Contains(303, told.Ids);
        Assert.Contains(told.Texts, text => text.Contains("op had the dashboard act", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_may_look_may_do_nothing_where_another_policy_says_so()
    {
        await using Site site = await Site.OfMemoryAsync(Allow(options =>
        {
            options.AllowAnonymous = true;
            options.ActionPolicy = Site.Operators;
        }));
        await using DurableQueue queue = await OpenWithDeadAsync(site.Engine(), 1);
        Assert.Equal(HttpStatusCode.OK, (await site.GetAsync(user: null)).Status);
        Assert.Equal(
            HttpStatusCode.Unauthorized, (await site.GetAsync(Confirm("discard-all"), user: null)).Status);
        Assert.Equal(
            HttpStatusCode.Forbidden, (await site.GetAsync(Confirm("discard-all"), user: "ada")).Status);
        using HttpResponseMessage posted = await site.SendAsync(
            HttpMethod.Post, Confirm("discard-all").Replace("confirm", "act", StringComparison.Ordinal), user: "ada");
        Assert.Equal(HttpStatusCode.Forbidden, posted.StatusCode);
        await DoAsync(site, Confirm("discard-all"));
        Assert.Equal(0, await queue.DeadLetters.CountAsync());
    }

    [Theory]
    [InlineData("engine=main&queue=mail&act=drop")]
    [InlineData("engine=main&queue=mail&act=replay")]
    [InlineData("engine=main&queue=mail&act=replay&id=x")]
    [InlineData("engine=main&queue=mail&act=replay&id=-1")]
    [InlineData("engine=main&act=replay-all")]
    [InlineData("engine=other&queue=mail&act=replay-all")]
    [InlineData("")]
    public async Task What_is_not_there_is_not_asked_about(string query)
    {
        await using Site site = await AllowingAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await site.GetAsync($"/logengine/confirm?{query}")).Status);
    }

    [Fact]
    public async Task A_full_queue_keeps_its_dead_letter_and_says_why()
    {
        await using Site site = await AllowingAsync();
        await using DurableQueue queue = await site.Engine().OpenQueueAsync(
            "mail", new QueueOptions { MaxMessages = 1 });
        await queue.EnqueueAsync(new QueueMessage(new byte[1]));
        await Busy.BuryAsync(queue, "x");
        await queue.EnqueueAsync(new QueueMessage(new byte[1]));
        (string action, string field, string token, string cookie) = await AskAsync(site, Confirm("replay-all"));
        using HttpResponseMessage response = await site.SendAsync(
            HttpMethod.Post, action, cookie: cookie, content: new FormUrlEncodedContent([new(field, token)]));
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Contains("mail", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await queue.DeadLetters.CountAsync());
    }

    private static string Confirm(string act, string engine = "main") =>
        $"/logengine/confirm?engine={engine}&queue=mail&act={act}";

    private static Action<WebApplication> Allow(Action<LogEngineDashboardOptions>? more = null) => app =>
        app.MapLogEngine(configure: options =>
        {
            options.AllowActions = true;
            more?.Invoke(options);
        });

    private static Task<Site> AllowingAsync() => Site.OfMemoryAsync(Allow());

    private static Task<Site> StartAsync(StorageEngine engine) =>
        Site.StartAsync(services => services.AddSingleton(engine), Allow());

    private static async Task<DurableQueue> OpenWithDeadAsync(StorageEngine engine, int letters)
    {
        DurableQueue queue = await engine.OpenQueueAsync("mail", _options);
        for (int i = 0; i < letters; i++)
        {
            await queue.EnqueueAsync(new QueueMessage(Busy.Bytes($"letter {i}")));
            await Busy.BuryAsync(queue, "SMTP 550");
        }

        return queue;
    }

    /// <summary>The page that asks: where its form leads, its token, and the cookie that goes with it.</summary>
    private static async Task<(string Action, string Field, string Token, string Cookie)> AskAsync(
        Site site, string address)
    {
        using HttpResponseMessage asked = await site.SendAsync(HttpMethod.Get, address);
        string page = await asked.Content.ReadAsStringAsync();
        Assert.True(asked.StatusCode == HttpStatusCode.OK, page);
        Match token = Token().Match(page);
        return (
            WebUtility.HtmlDecode(Form().Match(page).Groups[1].Value),
            token.Groups[1].Value,
            token.Groups[2].Value,
            Assert.Single(asked.Headers.GetValues("Set-Cookie")).Split(';')[0]);
    }

    /// <summary>Asks, confirms, and gives the page that is shown then.</summary>
    private static async Task<string> DoAsync(Site site, string address)
    {
        (string action, string field, string token, string cookie) = await AskAsync(site, address);
        using HttpResponseMessage done = await site.SendAsync(
            HttpMethod.Post, action, cookie: cookie, content: new FormUrlEncodedContent([new(field, token)]));
        Assert.True(
            done.StatusCode == HttpStatusCode.SeeOther, await done.Content.ReadAsStringAsync());
        return await site.PageAsync(done.Headers.Location!.OriginalString);
    }

    [GeneratedRegex("<form method=\"post\" action=\"([^\"]*)\"")]
    private static partial Regex Form();

    [GeneratedRegex("name=\"([^\"]*)\" value=\"([^\"]*)\"")]
    private static partial Regex Token();
}
