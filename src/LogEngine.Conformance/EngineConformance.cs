using System.Reflection;
using Xunit.Sdk;

namespace LogEngine.Conformance;

/// <summary>
/// Runs the contract's cases on an engine, as tests of xunit v2: derive a class for each engine, or for each way to
/// set it up, and give it sessions. What an engine does not have is left out by <see cref="LeavesOutAttribute"/>.
/// </summary>
public abstract class EngineConformance
{
    /// <summary>Runs a case.</summary>
    /// <param name="name">Its name.</param>
    [SkippableTheory]
    [CasesOfClass]
    public Task Holds(string name) => ConformanceCase.Named(name).RunAsync(NewSession());

    /// <summary>A session whose engine has nothing in it yet; it is disposed after its one case.</summary>
    protected abstract ConformanceSession NewSession();

    /// <summary>The names of the cases that a class does not leave out.</summary>
    private sealed class CasesOfClassAttribute : DataAttribute
    {
        public override IEnumerable<object[]> GetData(MethodInfo testMethod)
        {
            LeavesOutAttribute[] left =
                [.. testMethod.ReflectedType!.GetCustomAttributes<LeavesOutAttribute>()];
            if (Array.Find(left, mark => !ConformanceCase.All.Any(mark.IsAbout)) is { } mistaken)
            {
                throw new ArgumentException(
                    $"{testMethod.ReflectedType} leaves out '{mistaken.What}', which is no store, no row "
                    + "of one, and no case.");
            }

            return
            [
                .. ConformanceCase.All
                    .Where(found => !left.Any(mark => mark.IsAbout(found)))
                    .Select(found => new object[] { found.Name }),
            ];
        }
    }
}
