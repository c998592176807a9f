namespace LogEngine.Packaging;

/// <summary>The solution, packed once for all tests of the packages.</summary>
public sealed class PackedPackages : IAsyncLifetime
{
    /// <summary>The tests that use them: one after the other, and packed once.</summary>
    internal const string Collection = "packages";

    private string? _directory;

    internal string Directory => _directory
        ?? throw new SkipException("not run from a checkout: there is nothing to pack");

    /// <summary>Packs what has been built.</summary>
    public async Task InitializeAsync()
    {
        if (Repository.Root is null)
        {
            return;
        }

        _directory = System.IO.Directory.CreateTempSubdirectory("logengine-packages-").FullName;
        (int code, string output) = await DotNet.RunAsync(
            "pack", "LogEngine.sln", "-c", DotNet.Configuration, "--no-build", "-o", _directory);
        Assert.True(code == 0, output);
    }

    /// <summary>Removes the packages.</summary>
    public Task DisposeAsync()
    {
        if (_directory is not null)
        {
            System.IO.Directory.Delete(_directory, recursive: true);
        }

        return Task.CompletedTask;
    }

    /// <summary>A package or its symbols, by the project's name.</summary>
    internal PackageFile Open(string name, string kind = "nupkg") => new(
        System.IO.Directory.GetFiles(Directory, $"{name}.?.*.{kind}").Single());
}

/// <summary>Names the tests that use the packages.</summary>
[CollectionDefinition(PackedPackages.Collection)]
public sealed class PackedPackagesDefinition : ICollectionFixture<PackedPackages>;
