using LogEngine.Cli;

namespace LogEngine.Unit.Cli;

public sealed class FailureTests
{
    public static TheoryData<Exception, int> Codes { get; } = new()
    {
        { new ArgumentOutOfRangeException("x", 1, "Too small."), 1 },
        { new StorageIOException("read", "/x", 5, "Input/output error"), 2 },
        { new StorageFullException("/x", "disk full"), 2 },
        { new StorageFaultedException("/x", new IOException("first")), 2 },
        { new UnauthorizedAccessException("denied"), 2 },
        { new StorageNotFoundException("none"), 6 },
        { new WrongStoreKindException("/x", "storage engine", "log"), 2 },
        { new TruncatedException(1, 2), 2 },
        { new InvalidOperationException("a bug"), 2 },
        { new CorruptionException("/x", 1, "bad"), 3 },
        { new DirectoryLockedException("/x", "another process"), 4 },
        { new IncompatibleFormatException("/x", "version 2"), 5 },
        { new OperationCanceledException(), 130 },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_failure_has_a_code_and_one_line(Exception error, int code)
    {
        Failure failure = Failure.Of(error);

        Assert.Equal(code, failure.Code);
        Assert.DoesNotContain('\n', failure.Line);
        Assert.NotEmpty(failure.Line);
    }
}
