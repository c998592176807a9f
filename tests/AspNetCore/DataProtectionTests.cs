using System.Xml.Linq;
using LogEngine.Stores;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace LogEngine.AspNetCoreTests;

/// <summary>Keys of Data Protection, on every engine.</summary>
public sealed class DataProtectionTests(Backends backends) : IClassFixture<Backends>
{
    [SkippableTheory]
    [MemberData(nameof(Backends.Lasting), MemberType = typeof(Backends))]
    public async Task What_was_protected_is_read_after_a_restart(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        string secret;
        await using (ServiceProvider services = On(backend.Engine))
        {
            secret = ProtectorOf(services).Protect("mine");
        }

        await backend.ReopenAsync();
        await using ServiceProvider again = On(backend.Engine);
        Assert.Equal("mine", ProtectorOf(again).Unprotect(secret));
        Assert.Equal(1, await backend.Engine.GetKeyspace("data-protection").CountAsync());
    }

    [Fact]
    public async Task A_key_survives_a_power_loss_before_it_is_used_whatever_the_engines_default()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(
            new StorageEngineOptions { DefaultDurability = Durability.None });
        await using ServiceProvider services = On(engine);
        RepositoryOf(services).StoreElement(new XElement("key"), "key-1");
        Assert.Equal(engine.VisibleSequence, engine.DurableSequence);
        Assert.NotEqual(0, engine.DurableSequence);
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task Elements_are_stored_and_those_that_are_chosen_deleted(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = On(backend.Engine);
        IDeletableXmlRepository repository = RepositoryOf(services);
        Assert.Empty(repository.GetAllElements());
        for (int i = 0; i < 4; i++)
        {
            // A name that is not unique must cost no key.
            repository.StoreElement(new XElement("key", new XAttribute("id", i), "ü\n <text>"), "same");
        }

        Assert.Equal(["0", "1", "2", "3"], Ids(repository).Order());
        Assert.All(repository.GetAllElements(), element => Assert.Equal("ü\n <text>", element.Value));
        Assert.True(repository.DeleteElements(elements =>
        {
            foreach (IDeletableElement element in elements)
            {
                element.DeletionOrder = (int)element.Element.Attribute("id")! % 2 == 1 ? 1 : null;
            }
        }));
        Assert.Equal(["0", "2"], Ids(repository).Order());
        Assert.True(repository.DeleteElements(_ => { }));
        Assert.Equal(["0", "2"], Ids(repository).Order());
        Assert.Throws<InvalidOperationException>(
            () => repository.DeleteElements(_ => throw new InvalidOperationException()));
        Assert.Equal(["0", "2"], Ids(repository).Order());
    }

    // Passed over it might be a revocation, and a key that must not be trusted would be.
    [Fact]
    public async Task A_row_that_is_no_element_is_an_error_that_names_it()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using ServiceProvider services = On(engine);
        RepositoryOf(services).StoreElement(new XElement("key"), "key-1");
        await engine.GetKeyspace("data-protection").PutAsync("foreign", "<not");
        UndecodableValueException error = Assert.Throws<UndecodableValueException>(
            () => RepositoryOf(services).GetAllElements());
        Assert.Contains(Convert.ToHexString("foreign"u8), error.Message, StringComparison.Ordinal);
        Assert.Contains("data-protection", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData(null, "")]
    [InlineData(null, "queue/x")]
    public void A_name_that_cannot_be_one_is_refused_at_once(string? engine, string? keyspace) =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddDataProtection()
            .PersistKeysToLogEngine(engine, keyspace));

    private static ServiceProvider On(StorageEngine engine)
    {
        ServiceCollection services = [];
        services.AddLogging();
        services.AddSingleton(engine);
        services.AddDataProtection().SetApplicationName("tests").PersistKeysToLogEngine();
        return services.BuildServiceProvider();
    }

    private static IDataProtector ProtectorOf(IServiceProvider services) =>
        services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");

    private static IDeletableXmlRepository RepositoryOf(IServiceProvider services) =>
        Assert.IsAssignableFrom<IDeletableXmlRepository>(
            services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository);

    private static IEnumerable<string> Ids(IXmlRepository repository) =>
        repository.GetAllElements().Select(element => (string)element.Attribute("id")!);
}
