using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace LogEngine.Tests;

/// <summary>
/// xunit's own framework, which also says why a test was skipped: the plain output of
/// <c>dotnet test</c> has only its name. Needs <c>diagnosticMessages</c> in xunit.runner.json.
/// </summary>
/// <param name="diagnostics">Where the reasons go.</param>
public sealed class SkipReasons(IMessageSink diagnostics) : XunitTestFramework(diagnostics)
{
    /// <inheritdoc/>
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(
        AssemblyName assembly, ISourceInformationProvider source, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assembly, source, diagnostics)
    {
        protected override void RunTestCases(
            IEnumerable<IXunitTestCase> testCases,
            IMessageSink executionMessageSink,
            ITestFrameworkExecutionOptions executionOptions) => base.RunTestCases(
                testCases, new Sink(executionMessageSink, DiagnosticMessageSink), executionOptions);
    }

    private sealed class Sink(IMessageSink next, IMessageSink diagnostics)
        : LongLivedMarshalByRefObject, IMessageSink
    {
        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestSkipped skipped)
            {
                diagnostics.OnMessage(new DiagnosticMessage(
                    $"skipped {skipped.Test.DisplayName}: {skipped.Reason}"));
            }

            return next.OnMessage(message);
        }
    }
}
