using LogEngine.Compare.Measuring;

namespace LogEngine.Compare.Reporting;

/// <summary>Collects rows; writes them as JSON after each, and as a table at the end.</summary>
internal sealed class Report(CompareOptions options)
{
    private readonly List<ResultRow> _rows = [];

    /// <summary>Runs that failed.</summary>
    internal int Failures { get; private set; }

    /// <summary>
    /// Adds a row; the file is whole after each, so that a long run can be cut short.
    /// </summary>
    internal void Add(ResultRow row)
    {
        _rows.Add(row);
        if (options.JsonFile is { } file)
        {
            ResultFiles.Write(file, _rows);
        }
    }

    /// <summary>Tells of a finished run.</summary>
    internal static void Tell(string cell, string engine, int run, Window window) =>
        Console.Error.WriteLine(
            $"{cell}, run {run}, {engine}: {window.OperationsPerSecond:N0}/s");

    /// <summary>
    /// Tells of a side that failed; it gets no row unless another run of it worked.
    /// </summary>
    internal void Fail(string cell, string engine, Exception error)
    {
        Failures++;
        Console.Error.WriteLine(
            $"{cell}, {engine} failed: {error.GetType().Name}: {error.Message}");
    }

    /// <summary>Tells of a side that does not take part.</summary>
    internal static void Skip(string cell, string engine, string reason) =>
        Console.Error.WriteLine($"{cell}, {engine} skipped: {reason}");

    /// <summary>Draws the table.</summary>
    internal void Show()
    {
        if (options.Suite is not (Suites.AppendSuite.Name or Suites.BufferedSuite.Name
            or Suites.ScanSuite.Name or Suites.RetentionSuite.Name))
        {
            StoreTable.Draw(_rows);
        }
        else
        {
            ResultTable.Draw(_rows);
        }
    }
}
