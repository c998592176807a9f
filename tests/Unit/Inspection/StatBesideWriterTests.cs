using LogEngine.Inspection;
using LogEngine.Storage;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Inspection;

/// <summary>
/// Case I4: beside an engine that compacts, two of 1,153 descriptions failed since a file was gone by the
/// time it was opened.
/// </summary>
public sealed class StatBesideWriterTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task I4_A_file_that_is_freed_during_the_look_is_no_error(int vanishes)
    {
        await SmallLogs.CreateAsync(_scratch.Path, 30, 3000, IoMode.Buffered);
        int opened = 0;
        HookedFileSystem files = new()
        {
            Before = (operation, path) =>
            {
                if (operation == "open"
                    && path.EndsWith(".seg", StringComparison.Ordinal)
                    && ++opened == vanishes)
                {
                    throw new StorageIOException("open", path, Errno.NotFound, "freed");
                }
            },
        };

        DirectoryStat stat = StatTaker.Run(files, _scratch.Path, null, default);

        Assert.True(opened > vanishes, "nothing vanished");
        Assert.Equal(30, stat.LastSequence);
        Assert.Equal(0, files.OpenFiles);
    }

    [Fact]
    public async Task A_file_that_stays_away_is_an_error_in_the_end()
    {
        await SmallLogs.CreateAsync(_scratch.Path, 3, 3000, IoMode.Buffered);
        HookedFileSystem files = new()
        {
            Before = (operation, path) =>
            {
                if (operation == "open" && path.EndsWith(".seg", StringComparison.Ordinal))
                {
                    throw new StorageIOException("open", path, Errno.NotFound, "gone");
                }
            },
        };

        Assert.Throws<StorageIOException>(
            () => StatTaker.Run(files, _scratch.Path, null, default));
    }
}
