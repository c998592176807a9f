namespace LogEngine.Conformance;

/// <summary>Marks a case: a function over a session that shows one row of a store's contract.</summary>
/// <param name="store">The store.</param>
/// <param name="row">The row of the store's table in the documents.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CaseAttribute(string store, string row) : Attribute
{
    internal string Store => store;

    internal string Row => row;

    /// <inheritdoc cref="ConformanceCase.Waits"/>
    public bool Waits { get; init; }
}
