using LogEngine.Testing.Model;

namespace LogEngine.Testing;

/// <summary>What an engine opened after a crash at a moment must and may hold.</summary>
public sealed class EnginePromise
{
    private readonly EngineExpectation _expected;

    internal EnginePromise(EngineExpectation expected) => _expected = expected;

    /// <summary>Highest sequence that must be there after a power loss.</summary>
    public long DurableSequence => _expected.Durable;

    /// <summary>
    /// Reads all of an engine opened after a power loss; null, or what is wrong with it.
    /// </summary>
    public string? Violation(EmbeddedEngine recovered)
    {
        ArgumentNullException.ThrowIfNull(recovered);
        return _expected.Violation(EngineProbe.Read(recovered), killOnly: false);
    }
}
