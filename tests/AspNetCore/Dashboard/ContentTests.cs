using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>What the page shows, of every engine and in every state.</summary>
public sealed partial class ContentTests(Backends backends) : IClassFixture<Backends>
{
    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task Everything_that_an_engine_holds_is_shown(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await Busy.FillAsync(backend.Engine);
        await using Site site = await Site.StartAsync(services => services.AddSingleton(backend.Engine));
        await using DurableQueue open = await backend.Engine.OpenQueueAsync(
            "mail", new QueueOptions { MaxDeliveries = 3 });
        string page = Words(await site.PageAsync());

        // Ready, oldest, leased, scheduled, held back, dead, size.
        Assert.Matches(@"mail 10 [\d.,]+ (µs|ms|s|min) 0 1 0 2 [\d.]+ (bytes|KiB)", page);
        Assert.Contains("2 dead letters of mail", page, StringComparison.Ordinal);
        Assert.Contains("SMTP 550: no such mailbox", page, StringComparison.Ordinal);
        Assert.Contains("orders 40 billing 32 9 shipping 1 40", page, StringComparison.Ordinal);
        Assert.Matches("Commits since opening [1-9]", page);
        Assert.Contains("users", page, StringComparison.Ordinal);
        bool isEmbedded = kind != Backends.PostgreSql;
        Assert.Equal(isEmbedded, page.Contains("segments freed", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(isEmbedded, page.Contains("it was created", StringComparison.Ordinal));

        // Of a server keys are counted only where that is asked for.
        Assert.Equal(isEmbedded, page.Contains("users 189 ", StringComparison.Ordinal));
        Assert.Contains("users 189 ", Words(await site.PageAsync("/logengine?count=yes")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_reasons_are_text_whatever_is_in_them()
    {
        const string Script = "<script>alert(1)</script>'\"&";
        const string Turned = "gpj.\u202Eexe";
        string longest = new('é', 512);
        await using Site site = await Site.StartAsync(services =>
        {
            services.AddLogEngine(Script, settings => settings.Engine = LogEngineSettings.MemoryKind);
            services.AddLogEngine(Turned, settings => settings.Engine = LogEngineSettings.MemoryKind);
        });
        StorageEngine engine = site.Engine(Script);
        foreach (string name in new[] { Script, Turned, longest, "עברית", "a\r\nb\0" })
        {
            await engine.GetKeyspace(name).PutAsync("k"u8.ToArray(), default);
        }

        await using DurableQueue queue = await engine.OpenQueueAsync(Script);
        await queue.EnqueueAsync(new QueueMessage(Busy.Bytes("x")) { GroupId = "<i>group" });
        await Busy.BuryAsync(queue, $"<img src=x onerror=alert(1)>{Turned}");
        await using Topic topic = await engine.OpenTopicAsync(Script + "topic");
        await topic.AppendAsync(Busy.Bytes("x"));
        await topic.GetGroupAsync("<b>" + Turned);
        string page = await site.PageAsync();
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain('\u202E', page);
        Assert.DoesNotContain('\0', page);
        string words = Words(page);
        Assert.Contains(Script, words, StringComparison.Ordinal);
        Assert.Contains("gpj.\\u{202E}exe", words, StringComparison.Ordinal);
        Assert.Contains(longest, words, StringComparison.Ordinal);
        Assert.Contains("עברית", words, StringComparison.Ordinal);
        Assert.Contains("a\\u{D}\\u{A}b\\u{0}", words, StringComparison.Ordinal);

        // Every link leads to what it names.
        string address = WebUtility.HtmlDecode(
            Regex.Match(page, "href=\"(/logengine\\?engine=[^\"]*gpj[^\"]*)\"").Groups[1].Value);
        Assert.Contains("gpj.\\u{202E}exe", await site.PageAsync(address), StringComparison.Ordinal);
        address = WebUtility.HtmlDecode(
            Regex.Match(page, "href=\"(/logengine\\?engine=[^\"]*queue=[^\"]*)\"").Groups[1].Value);
        Assert.Contains("details open", await site.PageAsync(address), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_engines_the_first_is_shown_and_links_lead_to_the_others()
    {
        await using Site site = await Site.StartAsync(services =>
        {
            Site.AddMemory(services);
            services.AddLogEngine("second", settings => settings.Engine = LogEngineSettings.MemoryKind);
        });
        await site.Engine("second").GetKeyspace("of-the-second").PutAsync("k"u8.ToArray(), default);
        string first = await site.PageAsync();
        Assert.Contains("aria-current=\"page\"><bdi class=\"name\">main<", first, StringComparison.Ordinal);
        Assert.DoesNotContain("of-the-second", first, StringComparison.Ordinal);
        Assert.Contains(
            "of-the-second", await site.PageAsync("/logengine?engine=second"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await site.GetAsync("/logengine?engine=third")).Status);
    }

    [Fact]
    public async Task A_queue_that_nobody_has_open_is_looked_into_where_that_is_asked_for()
    {
        await using Site site = await Site.OfMemoryAsync();
        await Busy.FillAsync(site.Engine());
        Assert.Contains("mail not open in this process", Words(await site.PageAsync()), StringComparison.Ordinal);
        string page = Words(await site.PageAsync("/logengine?engine=main&queue=mail"));
        Assert.Contains("SMTP 550", page, StringComparison.Ordinal);

        // Looking has left nothing open, so no options are in anybody's way.
        await using DurableQueue queue = await site.Engine().OpenQueueAsync(
            "mail", new QueueOptions { MaxDeliveries = 2 });
    }

    [Fact]
    public async Task The_numbers_that_plots_are_drawn_from_rise_with_what_is_committed()
    {
        await using Site site = await Site.OfMemoryAsync();
        using JsonDocument before = JsonDocument.Parse(await site.PageAsync("/logengine/live?engine=main"));
        await Busy.FillAsync(site.Engine());
        using JsonDocument after = JsonDocument.Parse(await site.PageAsync("/logengine/live?engine=main"));
        Assert.Equal("open", after.RootElement.GetProperty("state").GetString());
        foreach (string name in new[] { "groups", "writes", "syncs" })
        {
            Assert.True(
                after.RootElement.GetProperty(name).GetInt64() > before.RootElement.GetProperty(name).GetInt64(),
                name);
        }

        Assert.Equal(
            HttpStatusCode.NotFound, (await site.GetAsync("/logengine/live?engine=another")).Status);
    }

    /// <summary>The words of a page, in their order.</summary>
    private static string Words(string page) => Spaces().Replace(
        WebUtility.HtmlDecode(Elements().Replace(page, " ")), " ").Replace(" ,", ",", StringComparison.Ordinal);

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Elements();

    [GeneratedRegex("[ \\n]+")]
    private static partial Regex Spaces();
}
