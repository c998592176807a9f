using System.Reflection;

namespace LogEngine.Conformance;

/// <summary>
/// A case about more than the contract of an engine, damage on disk, what compaction or a record of the log comes to,
/// or about the files of <see cref="SnapshotFile"/>; those of the contract are in LogEngine.Conformance.
/// </summary>
/// <param name="Store">The store.</param>
/// <param name="Row">The row of its contract.</param>
/// <param name="Name">What it shows.</param>
/// <param name="Body">Runs it, on an empty session.</param>
internal sealed record EmbeddedCase<TSession>(
    string Store, string Row, string Name, Func<TSession, Task> Body)
{
    /// <summary>All that run on sessions of the type, by name.</summary>
    internal static IReadOnlyDictionary<string, EmbeddedCase<TSession>> All { get; } =
    (
        from type in typeof(EmbeddedCase<>).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
        let mark = method.GetCustomAttribute<CaseAttribute>()
        where mark is not null && method.GetParameters()[0].ParameterType == typeof(TSession)
        select new EmbeddedCase<TSession>(
            mark.Store, mark.Row, method.Name, method.CreateDelegate<Func<TSession, Task>>()))
        .ToDictionary(found => found.Name);
}
