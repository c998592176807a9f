namespace LogEngine.Conformance;

/// <summary>
/// Cases that are not run on an engine, since it does not have what they are about, and says so. On a class that is
/// derived from <see cref="EngineConformance"/>.
/// </summary>
/// <param name="what">
/// A store, a row of one (<c>Keyspace / watch</c>), or the name of a case. One that is none of these is an error.
/// </param>
/// <param name="because">Why, for whoever reads it.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class LeavesOutAttribute(string what, string because) : Attribute
{
    /// <summary>A store, a row of one, or the name of a case.</summary>
    public string What => what;

    /// <summary>Why.</summary>
    public string Because => because;

    internal bool IsAbout(ConformanceCase found) =>
        what == found.Store || what == found.Place || what == found.Name;
}
