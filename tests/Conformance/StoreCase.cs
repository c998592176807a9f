using System.Reflection;
using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance;

/// <summary>
/// Marks a case: a function over a backend that shows one row of a store's contract.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="row">The row of docs/stores.md.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CaseAttribute(string store, string row) : Attribute
{
    internal string Store => store;

    internal string Row => row;

    /// <summary>
    /// Whether it waits for what another task does. A wait is in memory alone, so a power loss has
    /// nothing to take from it; and it goes on on the pool, which the simulation does not have.
    /// </summary>
    public bool Waits { get; init; }

    /// <summary>
    /// Whether it is about more than the contract of an engine: damage on disk, what compaction or a
    /// record of the log comes to.
    /// </summary>
    public bool Embedded { get; init; }
}

/// <summary>A case of the suite.</summary>
/// <param name="Store">The store.</param>
/// <param name="Row">The row of its contract.</param>
/// <param name="Name">What it shows.</param>
/// <param name="Body">Runs it, on an empty backend.</param>
/// <param name="Waits">Whether it needs threads of its own.</param>
/// <param name="Embedded">Whether it needs the embedded engine.</param>
internal sealed record StoreCase(
    string Store, string Row, string Name, Delegate Body, bool Waits, bool Embedded)
{
    /// <summary>All cases that run on sessions of a type.</summary>
    internal static IReadOnlyDictionary<string, StoreCase> Of<TSession>() =>
    (
        from type in typeof(StoreCase).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
        let mark = method.GetCustomAttribute<CaseAttribute>()
        where mark is not null && method.GetParameters()[0].ParameterType == typeof(TSession)
        select new StoreCase(
            mark.Store,
            mark.Row,
            method.Name,
            method.CreateDelegate<Func<TSession, Task>>(),
            mark.Waits,
            mark.Embedded)).ToDictionary(found => found.Name);

    /// <summary>All cases of the suite.</summary>
    internal static IEnumerable<StoreCase> All() =>
        Of<StoreSession>().Values.Concat(Of<SnapshotSession>().Values);
}
