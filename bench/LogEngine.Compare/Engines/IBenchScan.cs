namespace LogEngine.Compare.Engines;

/// <summary>Writes a log once, closes it, and opens and reads it as often as asked.</summary>
internal interface IBenchScan
{
    /// <summary>How it reads, for the table.</summary>
    string Note { get; }

    /// <summary>Opens a log that takes so many records and is written by one producer.</summary>
    Task<IBenchLog> CreateAsync(string directory, long records);

    /// <summary>Opens the closed log and reads every record, verified.</summary>
    Task<ScanOutcome> ReadAsync(string directory);
}
