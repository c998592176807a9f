using LogEngine.Compare;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Suites;

try
{
    return args switch
    {
        [] => Help(1),
        _ when args.Contains("--help") || args.Contains("-h") => Help(0),
        [StoreOpenSuite.CrashVerb, ..] => await StoreOpenSuite.CrashAsync(args),
        [GrowthChild.Verb, ..] => await GrowthChild.RunAsync(args[1..]),
        [KeyspacesSuite.ChildVerb, ..] => await KeyspacesChild.RunAsync(args[1..]),
        ["report", string directory] => ReportCommand.Run(directory),
        ["compare", string first, string second] => CompareResults.Run(first, second),
        ["report" or "compare", ..] => throw new UsageException("See --help."),
        ["all", ..] => await AllSuites.RunAsync(args[1..]),
        _ => await SuiteRun.RunAsync(SuiteCatalog.Of(args[0]), args[1..]),
    };
}
catch (Exception error) when (error is UsageException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

static int Help(int code)
{
    Console.WriteLine(HelpText.Text);
    return code;
}
