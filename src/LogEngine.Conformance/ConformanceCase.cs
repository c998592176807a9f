using System.Reflection;

namespace LogEngine.Conformance;

/// <summary>
/// A case of the suite: what one row of the contract comes to. <see cref="EngineConformance"/> runs all of them as
/// tests of xunit; with another runner, run them by yourself.
/// </summary>
public sealed class ConformanceCase
{
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(2);

    private ConformanceCase(CaseAttribute mark, string name, Func<ConformanceSession, Task> body)
    {
        Store = mark.Store;
        Row = mark.Row;
        Waits = mark.Waits;
        Name = name;
        Body = body;
    }

    /// <summary>All cases, by store, row and name.</summary>
    public static IReadOnlyList<ConformanceCase> All { get; } =
    [
        .. (
            from type in typeof(ConformanceCase).Assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            let mark = method.GetCustomAttribute<CaseAttribute>()
            where mark is not null
            select new ConformanceCase(
                mark, method.Name, method.CreateDelegate<Func<ConformanceSession, Task>>()))
            .OrderBy(found => $"{found.Place} / {found.Name}", StringComparer.Ordinal),
    ];

    /// <summary>What it is about: the type of a store, <c>Keyspace</c>, or <c>Together</c> for several.</summary>
    public string Store { get; }

    /// <summary>The row of the store's table in the documents.</summary>
    public string Row { get; }

    /// <summary>What it shows.</summary>
    public string Name { get; }

    /// <summary>
    /// Whether it waits for what another task does, on the thread pool. Whoever runs everything on one thread, as a
    /// simulation does, leaves it out.
    /// </summary>
    public bool Waits { get; }

    internal Func<ConformanceSession, Task> Body { get; }

    /// <summary>Store and row, as <see cref="LeavesOutAttribute"/> names them.</summary>
    internal string Place => $"{Store} / {Row}";

    /// <summary>Starts a session, runs the case on it, and disposes it.</summary>
    /// <param name="session">A new session, whose engine has nothing in it.</param>
    /// <exception cref="TimeoutException">It has not come to its end within two minutes.</exception>
    public async Task RunAsync(ConformanceSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        await using (session)
        {
            await session.StartAsync();
            await Body(session).WaitAsync(_longest);
        }
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;

    internal static ConformanceCase Named(string name) => All.First(found => found.Name == name);
}
