using System.Diagnostics.CodeAnalysis;

namespace LogEngine;

/// <summary>An engine as it was at one moment: all keyspaces, unchanged by later writes.</summary>
/// <remarks>
/// Thread-safe. It keeps what it shows alive until it is disposed. What has expired when it was opened is
/// absent in it, nothing expires later.
/// </remarks>
public abstract class ReadView : IAsyncDisposable, IDisposable
{
    /// <summary>The view of one keyspace of the same engine.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <exception cref="ArgumentException">The keyspace is another engine's.</exception>
    [SuppressMessage(
        "Naming", "CA1716", Justification = "A keyword of Visual Basic alone, where it can be escaped.")]
    public abstract KeyspaceReader In(Keyspace keyspace);

    /// <summary>Names of the keyspaces in it, in ordinal order.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public abstract ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default);

    /// <summary>Lets go of what it keeps alive. Idempotent.</summary>
    public abstract void Dispose();

    /// <inheritdoc cref="Dispose"/>
    public virtual ValueTask DisposeAsync()
    {
        Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
