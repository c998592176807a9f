using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using LogEngine.Stores.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>The dashboard in a real browser: by eye, by keyboard, by what a screen reader is told.</summary>
/// <remarks>
/// <c>LOGENGINE_PICTURES</c> names a directory that gets a picture of each state, as docs/pictures has them.
/// </remarks>
public sealed class BrowserTests(Browser browser) : IClassFixture<Browser>
{
    private const int PhoneWidth = 360;

    private static readonly string? _pictures = Environment.GetEnvironmentVariable("LOGENGINE_PICTURES");

    /// <summary>Each colour scheme and each width once; all four for pictures.</summary>
    private static readonly (ColorScheme Scheme, int Width)[] _looks = _pictures is null
        ? [(ColorScheme.Light, 1100), (ColorScheme.Dark, PhoneWidth)]
        :
        [
            (ColorScheme.Light, 1100), (ColorScheme.Dark, PhoneWidth),
            (ColorScheme.Dark, 1100), (ColorScheme.Light, PhoneWidth),
        ];

    /// <summary>An empty page is looked at in the first of them, a faulted one in the last, unless for pictures.</summary>
    private static IEnumerable<(ColorScheme Scheme, int Width)> LooksOf(string state) =>
        _pictures is not null ? _looks
        : state == "empty" ? _looks.Take(1)
        : state == "faulted" ? _looks.TakeLast(1)
        : _looks;

    [SkippableTheory]
    [InlineData("empty")]
    [InlineData("busy")]
    [InlineData("faulted")]
    public async Task In_light_and_dark_and_on_a_phone_nothing_is_in_the_way_of_anybody(string state)
    {
        using ScratchDirectory scratch = new();
        await using Site site = await StartAsync(scratch.Path);
        await using DurableQueue? queue = state == "empty" ? null : await MakeBusyAsync(site);
        if (state == "faulted")
        {
            await StateTests.FaultAsync(site, scratch.Path);
        }

        foreach ((ColorScheme scheme, int width) in LooksOf(state))
        {
            await using BrowserPage open = await browser.OpenAsync(
                $"{site.Address}/logengine?engine=main&queue=mail",
                new BrowserNewContextOptions
                {
                    ColorScheme = scheme,
                    ViewportSize = new ViewportSize { Width = width, Height = 800 },
                });
            await ShowAllAsync(open.Page);
            await AssertAccessibleAsync(open.Page);
            Assert.Empty(open.Complaints);
            Assert.Equal(
                width, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
            await PictureAsync(open.Page, $"{state}-{scheme}-{width}");
        }
    }

    [SkippableFact]
    public async Task Plots_show_what_is_committed_meanwhile_and_stop_where_that_is_asked_for()
    {
        using ScratchDirectory scratch = new();
        await using Site site = await StartAsync(scratch.Path);
        await using DurableQueue queue = await MakeBusyAsync(site);
        await using BrowserPage open = await browser.OpenAsync(
            $"{site.Address}/logengine?engine=main&queue=mail",
            new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1000, Height = 800 } });
        using CancellationTokenSource stop = new();
        Task writing = WriteAsync(site.Engine(), stop.Token);
        try
        {
            foreach (string plot in new[] { "rate", "size", "latency" })
            {
                await open.Page.WaitForFunctionAsync(
                    "plot => parseFloat(document.querySelector(`[data-plot=${plot}] output`).textContent) > 0"
                    + " && document.querySelector(`[data-plot=${plot}] .line`).getAttribute('d').includes('L')",
                    plot);
            }

            if (_pictures is not null)
            {
                await open.Page.WaitForFunctionAsync(
                    "() => document.querySelector('.line').getAttribute('d').split('L').length > 20");
                await PictureAsync(open.Page, "plots");
            }

            ILocator pause = open.Page.GetByRole(AriaRole.Button, new() { Name = "Pause" });
            await pause.FocusAsync();
            await open.Page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(open.Page.GetByRole(AriaRole.Button, new() { Name = "Go on" }))
                .ToBeFocusedAsync();
            await open.Page.Keyboard.PressAsync("Enter");
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }

        await StateTests.FaultAsync(site, scratch.Path);
        await Assertions.Expect(open.Page.Locator("#live")).ToContainTextAsync("The engine is faulted now");
        Assert.Empty(open.Complaints);
    }

    [SkippableFact]
    public async Task Without_scripts_everything_can_be_read()
    {
        using ScratchDirectory scratch = new();
        await using Site site = await StartAsync(scratch.Path);
        await using DurableQueue queue = await MakeBusyAsync(site);
        await using BrowserPage open = await browser.OpenAsync(
            $"{site.Address}/logengine?engine=main&queue=mail",
            new BrowserNewContextOptions { JavaScriptEnabled = false });
        await Assertions.Expect(open.Page.GetByText("SMTP 550: no such mailbox")).ToBeVisibleAsync();
        await Assertions.Expect(open.Page.GetByText("The plots need scripts")).ToBeVisibleAsync();
        await Assertions.Expect(open.Page.GetByText("Commits since opening")).ToBeVisibleAsync();
        await Assertions.Expect(open.Page.GetByText("Commits per second")).ToBeHiddenAsync();
        Assert.Empty(open.Complaints);
    }

    [SkippableFact]
    public async Task By_keyboard_alone_a_dead_letter_is_replayed()
    {
        using ScratchDirectory scratch = new();
        await using Site site = await StartAsync(scratch.Path);
        await using DurableQueue queue = await MakeBusyAsync(site);
        await using BrowserPage open = await browser.OpenAsync(
            $"{site.Address}/logengine?engine=main&queue=mail");
        IPage page = open.Page;
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" }))
            .ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#main")).ToBeFocusedAsync();
        await TabToAsync(page, "Replay");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Replay?" })).ToBeVisibleAsync();
        await AssertAccessibleAsync(page);
        await PictureAsync(page, "confirm");
        await TabToAsync(page, "Replay");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByText("1 dead letter was replayed.")).ToBeVisibleAsync();
        Assert.Equal(1, await queue.DeadLetters.CountAsync());
        Assert.Empty(open.Complaints);
    }

    [SkippableFact]
    public async Task Hostile_names_are_text_and_stay_within_the_page()
    {
        const string Script = "</bdi><script>alert(1)</script>";
        using ScratchDirectory scratch = new();
        await using Site site = await StartAsync(scratch.Path);
        foreach (string name in new[] { Script, new('m', 1024), "שלום <b>", "a\u202Eb" })
        {
            await site.Engine().GetKeyspace(name).PutAsync("k"u8.ToArray(), default);
        }

        await using BrowserPage open = await browser.OpenAsync(
            $"{site.Address}/logengine",
            new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = PhoneWidth, Height = 800 } });
        string[] names = await open.Page.EvaluateAsync<string[]>(
            "[...document.querySelectorAll('#keyspaces ~ .wide bdi')].map(e => e.textContent)");
        Assert.Equal(
            new[] { Script, new('m', 1024), "a\\u{202E}b", "שלום <b>" }.Order(StringComparer.Ordinal),
            names.Order(StringComparer.Ordinal));
        Assert.Equal(1, await open.Page.EvaluateAsync<int>("document.scripts.length"));
        Assert.Equal(
            PhoneWidth, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(open.Complaints);
        await PictureAsync(open.Page, "hostile");
    }

    private static Task<Site> StartAsync(string directory) => Site.StartAsync(
        services => services.AddLogEngine("main", settings =>
        {
            settings.Embedded.Directory = directory;
            settings.Embedded.SegmentSizeBytes = DirectoryOptions.MinSegmentSizeBytes;
        }),
        app => app.MapLogEngine(configure: options => options.AllowActions = true),
        listens: true);

    /// <summary>With its queue open, as an application has it.</summary>
    private static async Task<DurableQueue> MakeBusyAsync(Site site)
    {
        StorageEngine engine = site.Engine();
        await Busy.FillAsync(engine);
        Keyspace churned = engine.GetKeyspace("carts");
        for (int i = 0; i < 20; i++)
        {
            WriteBatch batch = engine.CreateBatch();
            for (int j = 0; j < 20; j++)
            {
                batch.Put(churned, Busy.Bytes($"{(i * 7 % 10)}/{j}"), new byte[600]);
            }

            await engine.CommitAsync(batch, Durability.ProcessCrash);
        }

        return await engine.OpenQueueAsync("mail", new QueueOptions { MaxDeliveries = 5 });
    }

    private static async Task WriteAsync(StorageEngine engine, CancellationToken stop)
    {
        Keyspace keyspace = engine.GetKeyspace("written");
        for (int round = 0; !stop.IsCancellationRequested; round++)
        {
            for (int i = 0; i < 5; i++)
            {
                await keyspace.PutAsync(Busy.Bytes($"{i}"), new byte[200], cancellationToken: CancellationToken.None);
            }

            await Task.Delay(3 + (round % 17), CancellationToken.None);
        }
    }

    /// <summary>Opens what can be opened, so that all of it is looked at.</summary>
    private static async Task ShowAllAsync(IPage page) => await page.EvaluateAsync(
        "document.querySelectorAll('details').forEach(details => details.open = true)");

    /// <summary>Goes on with the tab key until something of a name has the focus.</summary>
    private static async Task TabToAsync(IPage page, string name)
    {
        for (int i = 0; i < 100; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string>("document.activeElement.textContent") == name)
            {
                return;
            }
        }

        Assert.Fail($"'{name}' does not get the focus");
    }

    /// <summary>By all rules of axe-core.</summary>
    private static async Task AssertAccessibleAsync(IPage page)
    {
        AxeResult found = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        Assert.True(found.Violations.Length == 0, string.Join('\n', found.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help}: {string.Join(", ", violation.Nodes.Select(node => node.Html))}")));
    }

    private static async Task PictureAsync(IPage page, string name)
    {
        if (_pictures is not null)
        {
            Directory.CreateDirectory(_pictures);
            await page.ScreenshotAsync(new PageScreenshotOptions
            {
                Path = Path.Combine(_pictures, $"{name}.png"),
                FullPage = true,
            });
        }
    }
}
