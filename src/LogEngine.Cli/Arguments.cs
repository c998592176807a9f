using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>Arguments and options that several commands share.</summary>
internal static class Arguments
{
    internal static Argument<string> Directory() => new("DIR")
    {
        Description = "The log's directory.",
    };

    /// <summary>What a store can be given as.</summary>
    internal const string Place =
        "The engine's directory, or a PostgreSQL connection string: 'Host=...;Database=...'.";

    internal static Argument<string> EnginePlace() => new("DIR") { Description = Place };

    internal static Argument<string> EngineDirectory() => new("DIR")
    {
        Description = "The storage engine's directory.",
    };

    internal static Argument<string> StoreDirectory() => new("DIR")
    {
        Description = "The directory of a storage engine or a log.",
    };
}
