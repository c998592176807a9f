using LogEngine.Compare;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Suites;

if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(HelpText.Text);
    return args.Length == 0 ? 1 : 0;
}

if (args[0] == StoreOpenSuite.CrashVerb)
{
    await StoreOpenSuite.CrashAsync(args);
}

if (args[0] == KeyspacesSuite.ChildVerb)
{
    return await KeyspacesChild.RunAsync(args[1..]);
}

CompareOptions options;
try
{
    options = OptionParser.Parse(args);
    Directory.CreateDirectory(options.Directory);
}
catch (Exception error) when (error is UsageException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

Report report = new(options);
Task suite = options.Suite switch
{
    BufferedSuite.Name => BufferedSuite.RunAsync(options, report),
    ScanSuite.Name => ScanSuite.RunAsync(options, report),
    RetentionSuite.Name => RetentionSuite.RunAsync(options, report),
    StorePutSuite.Name => StorePutSuite.RunAsync(options, report),
    StoreGetSuite.Name => StoreGetSuite.RunAsync(options, report),
    StoreBesideSuite.Name => StoreBesideSuite.RunAsync(options, report),
    StoreUpdateSuite.Name => StoreUpdateSuite.RunAsync(options, report),
    StoreScanSuite.Name => StoreScanSuite.RunAsync(options, report),
    StoreOpenSuite.Name => StoreOpenSuite.RunAsync(options, report),
    KeyspacesSuite.Name => KeyspacesSuite.RunAsync(options, report),
    StoresSuite.Name => StoresSuite.RunAsync(options, report),
    StoresScaleSuite.Name => StoresScaleSuite.RunAsync(options, report),
    QueueSuite.Name => QueueSuite.RunAsync(options, report),
    PostgreSqlSuite.Name => PostgreSqlSuite.RunAsync(options, report),
    TelemetrySuite.Name => TelemetrySuite.RunAsync(options, report),
    _ => AppendSuite.RunAsync(options, report),
};
await suite;
report.Show();
return report.Failures == 0 ? 0 : 2;
