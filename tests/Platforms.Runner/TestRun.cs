using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace LogEngine.Platforms.Runner;

/// <summary>
/// Runs test classes of tests/Unit one test after the other in this process, which is all that some
/// platforms can be asked for.
/// </summary>
internal sealed class TestRun : Xunit.LongLivedMarshalByRefObject, IMessageSink
{
    private readonly ManualResetEventSlim _done = new();
    private readonly List<ITestCase> _cases = [];
    private readonly string[] _without;
    private int _passed;
    private int _failed;
    private int _skipped;

    private TestRun(string[] without) => _without = without;

    private static Assembly Tests => typeof(Unit.Storage.OpenNamesTests).Assembly;

    /// <summary>Runs classes, without the tests that are named; the last line counts.</summary>
    internal static int Run(string[] classes, string[] without)
    {
        TestRun run = new(without);
        IAssemblyInfo assembly = Reflector.Wrap(Tests);
        XunitTestFramework framework = new(run);
        ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(assembly);
        foreach (string name in classes)
        {
            run._done.Reset();
            discoverer.Find(name, includeSourceInformation: false, run, new Choices());
            run._done.Wait();
        }

        run._done.Reset();
        using ITestFrameworkExecutor executor = framework.GetExecutor(Tests.GetName());
        executor.RunTests(run._cases, run, new Choices());
        run._done.Wait();
        Console.WriteLine(
            $"{run._passed} passed, {run._failed} failed, {run._skipped} skipped");
        return run._failed == 0 && run._cases.Count > 0 ? 0 : 1;
    }

    /// <summary>Names of the classes with tests in a namespace and below it.</summary>
    internal static void List(string prefix)
    {
        foreach (Type type in Tests.GetExportedTypes()
            .Where(t => t.FullName!.StartsWith(prefix, StringComparison.Ordinal) && !t.IsAbstract)
            .Where(t => t.GetMethods().Any(IsTest))
            .OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            Console.WriteLine(type.FullName);
        }
    }

    /// <summary>Called by the framework for everything that happens.</summary>
    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCaseDiscoveryMessage found when !IsLeftOut(found.TestCase):
                _cases.Add(found.TestCase);
                break;
            case ITestStarting starting:
                Console.WriteLine($"- {starting.Test.DisplayName}");
                break;
            case ITestPassed:
                _passed++;
                break;
            case ITestSkipped skipped:
                _skipped++;
                Console.WriteLine($"skipped {skipped.Test.DisplayName}: {skipped.Reason}");
                break;
            case ITestFailed failed:
                Fail(failed.Test.DisplayName, failed);
                break;
            case IFailureInformation error:
                Fail(error.GetType().Name, error);
                break;
            case IDiscoveryCompleteMessage or ITestAssemblyFinished:
                _done.Set();
                break;
        }

        return true;
    }

    private void Fail(string what, IFailureInformation failure)
    {
        _failed++;
        Console.WriteLine($"FAILED {what}");
        for (int i = 0; i < failure.Messages.Length; i++)
        {
            Console.WriteLine($"  {failure.ExceptionTypes[i]}: {failure.Messages[i]}");
            Console.WriteLine(failure.StackTraces[i]);
        }
    }

    private bool IsLeftOut(ITestCase test) => _without.Contains(test.TestMethod.Method.Name);

    private static bool IsTest(MethodInfo method) =>
        method.CustomAttributes.Any(
            a => a.AttributeType.Name.EndsWith("Fact", StringComparison.Ordinal)
                || a.AttributeType.Name.EndsWith("FactAttribute", StringComparison.Ordinal)
                || a.AttributeType.Name.EndsWith("TheoryAttribute", StringComparison.Ordinal));

    /// <summary>One after the other, and told about as it happens.</summary>
    private sealed class Choices : ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly Dictionary<string, object?> _values = new()
        {
            ["xunit.execution.DisableParallelization"] = true,
            ["xunit.execution.SynchronousMessageReporting"] = true,
        };

        public TValue GetValue<TValue>(string name) =>
            _values.TryGetValue(name, out object? value) && value is TValue found
                ? found
                : default!;

        public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
    }
}
