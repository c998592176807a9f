using LogEngine.Testing.Oracle;

namespace LogEngine.Testing;

/// <summary>What a log opened after a crash at a moment must and may hold.</summary>
public sealed class LogPromise
{
    private readonly Expectation _expected;

    internal LogPromise(Expectation expected) => _expected = expected;

    /// <summary>Highest sequence that must be there after a power loss.</summary>
    public long DurableSequence => _expected.Durable;

    /// <summary>Highest sequence that may be there.</summary>
    public long SubmittedSequence => _expected.Submitted;

    /// <summary>
    /// Reads all of a log opened after a power loss; null, or what is wrong with it.
    /// </summary>
    public string? Violation(WriteAheadLog recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        return _expected.Violation(LogProbe.Read(recovered, _expected.Era), killOnly: false);
    }
}
