using System.Diagnostics.Metrics;

namespace LogEngine.PostgreSql.Telemetry;

/// <summary>Instruments of engines on PostgreSQL, on the library's meter.</summary>
internal static class PostgreSqlMetrics
{
    private static readonly Meter Meter = new(LogEngineTelemetry.MeterName);

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "logengine.postgresql.retries", "{retry}", "Tries made again, by what stood in the way.");

    private static readonly Counter<long> Groups = Meter.CreateCounter<long>(
        "logengine.postgresql.groups", "{group}", "Transactions that carried writes.");

    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "logengine.postgresql.requests", "{request}", "Writes that they carried.");

    private static readonly Counter<long> Doubts = Meter.CreateCounter<long>(
        "logengine.postgresql.in_doubt", "{group}",
        "Groups whose connection was lost while they were committed, by what was found out.");

    internal static void Retried(string reason) =>
        Retries.Add(1, new KeyValuePair<string, object?>("logengine.reason", reason));

    internal static void Committed(int requests)
    {
        Groups.Add(1);
        Requests.Add(requests);
    }

    internal static void Doubted(string outcome) =>
        Doubts.Add(1, new KeyValuePair<string, object?>("logengine.outcome", outcome));
}
