using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>When what was seen of a directory is believed, and when it is looked at again.</summary>
public sealed class StillLookTests
{
    private const int Most = 8;

    private readonly MemoryStore _store = new();
    private readonly List<Sight> _seen = [];

    public StillLookTests() => _store.Files.CreateDirectory(MemoryStore.Directory);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_nobody_doubts_is_seen_once(bool besideWriter)
    {
        using IFileLock? writer = besideWriter ? Lock() : null;
        Assert.Same(Take(_ => { }, suspect: false), Assert.Single(_seen));
        Assert.Equal(besideWriter, _seen[0].Writer);
        Assert.False(_seen[0].IsDisposed);
    }

    [Fact]
    public void What_a_dead_writer_left_is_believed_if_none_has_come_since()
    {
        Assert.Same(Take(_ => { }, suspect: true), Assert.Single(_seen));
        Assert.False(_seen[0].IsDisposed);
    }

    [Fact]
    public void It_is_not_if_one_has_come()
    {
        IFileLock? writer = null;
        Sight last = Take(
            _ => writer ??= Lock(), suspect: sight => sight.Writer == false);
        Assert.Equal([false, true], _seen.Select(s => s.Writer));
        Assert.Same(_seen[1], last);
        Assert.Equal([true, false], _seen.Select(s => s.IsDisposed));
        writer!.Dispose();
    }

    [Fact]
    public void Beside_a_writer_what_stays_doubtful_is_believed_in_the_end()
    {
        using IFileLock writer = Lock();
        Assert.Same(Take(_ => { }, suspect: true), _seen[^1]);
        Assert.Equal(Most, _seen.Count);
        Assert.Equal(Most - 1, _seen.Count(s => s.IsDisposed));
    }

    [Theory]
    [InlineData(true, Most)]
    [InlineData(false, 1)]
    public void Damage_may_be_a_writers_doing(bool besideWriter, int looks)
    {
        using IFileLock? writer = besideWriter ? Lock() : null;
        Assert.Throws<CorruptionException>(() => Take(
            _ => throw new CorruptionException("a", 0, "the test says so"), suspect: false));
        Assert.Equal(looks, _seen.Count);
    }

    [Fact]
    public void Damage_that_is_gone_at_a_later_look_is_none()
    {
        using IFileLock writer = Lock();
        Sight seen = Take(
            looks => _ = looks < 3 ? throw new CorruptionException("a", 0, "not yet") : 0,
            suspect: false);
        Assert.Equal(3, _seen.Count);
        Assert.Same(_seen[2], seen);
    }

    [Theory]
    [InlineData(Errno.NotFound, Most)]
    [InlineData(Errno.Io, 1)]
    public void A_file_that_is_gone_was_there_when_it_was_listed_another_error_is_one(
        int errno, int looks)
    {
        Assert.Equal(errno, Assert.Throws<StorageIOException>(() => Take(
            _ => throw new StorageIOException("open", "a", errno, "the test says so"),
            suspect: false)).ErrorNumber);
        Assert.Equal(looks, _seen.Count);
    }

    private Sight Take(Action<int> look, bool suspect) => Take(look, _ => suspect);

    private Sight Take(Action<int> look, Func<Sight, bool> suspect) => StillLook.Take(
        _store.Files,
        MemoryStore.Directory,
        writer =>
        {
            Sight sight = new(writer);
            _seen.Add(sight);
            look(_seen.Count);
            return sight;
        },
        suspect);

    private IFileLock Lock() => _store.Files.TryLock(
        MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: true)!;

    private sealed class Sight(bool? writer) : IDisposable
    {
        internal bool? Writer => writer;

        internal bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
