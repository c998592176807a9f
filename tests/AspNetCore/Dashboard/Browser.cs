using System.Reflection;
using Microsoft.Playwright;

namespace LogEngine.AspNetCoreTests.Dashboard;

/// <summary>
/// The Chromium of this machine, headless, one for all tests of a class. It needs no network: the driver comes with the
/// package, and no other browser is fetched.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] _programs = ["chromium", "chromium-browser", "google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        if (Array.Find(_programs, program => Tools.Find(program) is not null) is not { } program)
        {
            return;
        }

        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", typeof(Browser).Assembly
            .GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(found => found.Key == "PlaywrightPackage").Value);
        Assertions.SetDefaultExpectTimeout(120_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Tools.Find(program),

            // Its sandbox is not for root.
            Args = Environment.IsPrivilegedProcess ? ["--no-sandbox"] : [],
            Timeout = 120_000,
        });
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>A page of its own, with nothing of another one's.</summary>
    internal async Task<BrowserPage> OpenAsync(
        string address, BrowserNewContextOptions? options = null)
    {
        Skip.If(_browser is null, "chromium is not installed");
        IBrowserContext context = await _browser!.NewContextAsync(options ?? new BrowserNewContextOptions());
        context.SetDefaultTimeout(120_000);
        await context.SetExtraHTTPHeadersAsync(new Dictionary<string, string> { [Site.UserHeader] = "op" });
        BrowserPage page = new(context, await context.NewPageAsync());
        await page.Page.GotoAsync(address);
        return page;
    }
}

/// <summary>A page, and what the browser had to complain about.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    internal BrowserPage(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        page.Console += (_, message) => Note(message.Type is "error" or "warning", message.Text);
        page.PageError += (_, error) => Note(true, error);
        page.Dialog += (_, dialog) =>
        {
            Note(true, $"a dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
    }

    internal IPage Page { get; }

    /// <summary>Errors, refusals by the content security policy, dialogs.</summary>
    internal string[] Complaints
    {
        get
        {
            lock (_complaints)
            {
                return [.. _complaints];
            }
        }
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Note(bool isOne, string text)
    {
        if (isOne)
        {
            lock (_complaints)
            {
                _complaints.Add(text);
            }
        }
    }
}
