using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>
/// Cases C1 to C4, at their root: a directory under its writer is removed, moved or replaced, or its
/// LOCK is, on files and in memory.
/// </summary>
public sealed class GuardedDirectoryTests : IDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly MemoryFileSystem _memory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _temp.Dispose();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_directory_in_its_place_is_not_lost(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory, canBeMoved: false);

        held.Require();
        held.RequireLately();
        held.RequireLocked();
        held.Open(In(inMemory, "one"), OpenFlags.CreateNew).Dispose();

        Assert.True(held.LockIsNew);
        Assert.Equal(["LOCK", "one"], held.ListFiles(Home(inMemory)).Order());
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_removed_lock_file_is_missed_at_once_where_it_must_last(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory);
        FilesOf(inMemory).Unlink(In(inMemory, "LOCK"));

        held.RequireLately();
        DirectoryLostException lost = Assert.Throws<DirectoryLostException>(held.RequireLocked);

        Assert.Contains("LOCK file was removed", lost.Message, StringComparison.Ordinal);
        Assert.Contains(Home(inMemory), lost.Message, StringComparison.Ordinal);

        // For good: a file of that name that comes back is another one.
        FilesOf(inMemory).Open(In(inMemory, "LOCK"), OpenFlags.CreateNew).Dispose();
        Assert.Throws<DirectoryLostException>(held.RequireLately);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replaced_lock_file_is_missed_within_a_second(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory);
        FilesOf(inMemory).Rename(In(inMemory, "LOCK"), In(inMemory, "LOCK.old"));
        using GuardedDirectory? other = GuardedDirectory.TryTake(
            FilesOf(inMemory), Home(inMemory), _time);
        Assert.True(other!.LockIsNew);

        held.RequireLocked();
        _time.Advance(GuardedDirectory.Interval);
        DirectoryLostException lost = Assert.Throws<DirectoryLostException>(held.RequireLately);

        Assert.Contains("replaced", lost.Reason, StringComparison.Ordinal);
        other.Require();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Names_in_a_moved_directory_stay_in_it(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory);
        held.Open(In(inMemory, "a"), OpenFlags.CreateNew).Dispose();
        Move(inMemory, "aside");
        FilesOf(inMemory).CreateDirectory(Home(inMemory));
        FilesOf(inMemory).Open(In(inMemory, "other"), OpenFlags.CreateNew).Dispose();

        Assert.Equal(["LOCK", "a"], held.ListFiles(Home(inMemory)).Order());
        held.Open(In(inMemory, "a"), OpenFlags.Write).Dispose();
        Assert.Null(held.TryIdentify(In(inMemory, "other")));
        Assert.Throws<DirectoryLostException>(() => held.Unlink(In(inMemory, "a")));
        Assert.Throws<DirectoryLostException>(
            () => held.Rename(In(inMemory, "a"), In(inMemory, "b")));
        Assert.Throws<DirectoryLostException>(
            () => held.Open(In(inMemory, "c"), OpenFlags.CreateNew));

        Assert.Equal(["other"], FilesOf(inMemory).ListFiles(Home(inMemory)));
        Assert.Equal(
            ["LOCK", "a"],
            FilesOf(inMemory).ListFiles(Place(inMemory, "aside")).Order());
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_moved_directory_is_missed_within_a_second(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory);
        Move(inMemory, "aside");

        held.RequireLocked();
        _time.Advance(GuardedDirectory.Interval);
        DirectoryLostException lost = Assert.Throws<DirectoryLostException>(held.RequireLately);

        Assert.Contains("nothing is at its path", lost.Reason, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replaced_directory_says_so(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory);
        Move(inMemory, "aside");
        FilesOf(inMemory).CreateDirectory(Home(inMemory));

        DirectoryLostException lost = Assert.Throws<DirectoryLostException>(held.Require);

        Assert.Contains("another directory", lost.Reason, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_removed_directory_says_so(bool inMemory)
    {
        using GuardedDirectory held = Take(inMemory);
        if (inMemory)
        {
            _memory.RemoveDirectory(Home(inMemory));
        }
        else
        {
            Directory.Delete(Home(inMemory), recursive: true);
        }

        DirectoryLostException lost = Assert.Throws<DirectoryLostException>(held.RequireLocked);

        Assert.Contains("LOCK file was removed", lost.Reason, StringComparison.Ordinal);
        Assert.Contains("nothing is at its path", lost.Reason, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_second_name_of_the_lock_file_is_no_loss_and_no_cover()
    {
        using GuardedDirectory held = Take(inMemory: false);
        Tools.Run("ln", In(false, "LOCK"), In(false, "LOCK.copy"));
        held.RequireLocked();
        held.RequireLocked();

        File.Delete(In(false, "LOCK"));

        Assert.Throws<DirectoryLostException>(held.RequireLocked);
    }

    [SkippableFact]
    public void A_path_through_a_link_that_is_changed_leads_elsewhere()
    {
        SkipWhereNobodyMoves();
        Directory.CreateDirectory(_temp["one"]);
        Directory.CreateDirectory(_temp["two"]);
        Directory.CreateSymbolicLink(_temp["link"], _temp["one"]);
        using GuardedDirectory? held = GuardedDirectory.TryTake(
            RealFileSystem.Instance, _temp["link"], _time);
        held!.Require();

        Directory.Delete(_temp["link"]);
        Directory.CreateSymbolicLink(_temp["link"], _temp["two"]);

        Assert.Throws<DirectoryLostException>(held.Require);
        Assert.Empty(Directory.GetFiles(_temp["two"]));
    }

    [SkippableFact]
    public void A_name_elsewhere_is_refused()
    {
        SkipWhereNobodyMoves();
        using IHeldDirectory held = RealFileSystem.Instance.Hold(_temp.Path);

        Assert.Throws<InvalidOperationException>(
            () => held.Open(Path.Combine(_temp.Path, "sub", "file"), OpenFlags.Read));
    }

    [SkippableFact]
    public void A_share_keeps_the_directory_open_and_only_the_share()
    {
        SkipWhereNobodyMoves();
        IHeldDirectory held = RealFileSystem.Instance.Hold(_temp.Path);
        IDisposable share = held.Share();
        held.Dispose();
        held.Dispose();

        Assert.Empty(held.ListFiles(_temp.Path));
        share.Dispose();
        Assert.Throws<ObjectDisposedException>(() => held.ListFiles(_temp.Path));
    }

    private static void SkipWhereNobodyMoves() => Skip.If(
        OperatingSystem.IsWindows(),
        "there the system lets nobody move or remove what is held, and names are taken by path");

    private GuardedDirectory Take(bool inMemory, bool canBeMoved = true)
    {
        if (!inMemory && canBeMoved)
        {
            SkipWhereNobodyMoves();
        }

        FilesOf(inMemory).CreateDirectory(Home(inMemory));
        return GuardedDirectory.TryTake(FilesOf(inMemory), Home(inMemory), _time)!;
    }

    private void Move(bool inMemory, string to)
    {
        if (inMemory)
        {
            _memory.MoveDirectory(Home(inMemory), Place(inMemory, to));
        }
        else
        {
            Directory.Move(Home(inMemory), Place(inMemory, to));
        }
    }

    private IFileSystem FilesOf(bool inMemory) => inMemory ? _memory : RealFileSystem.Instance;

    private string Place(bool inMemory, string name) =>
        inMemory ? Path.GetFullPath($"/{name}") : _temp[name];

    private string Home(bool inMemory) => Place(inMemory, "home");

    private string In(bool inMemory, string name) => Path.Combine(Home(inMemory), name);
}
