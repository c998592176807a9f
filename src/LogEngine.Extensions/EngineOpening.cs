using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>What is known of an engine that is to be opened.</summary>
/// <param name="Name">Its name in the application.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Section">
/// The configuration section that its settings come from, where a further kind of engine finds what is its own; null
/// where the settings come from code.
/// </param>
/// <param name="LoggerFactory">Where it should log, unless its settings say another.</param>
public sealed record EngineOpening(
    string Name, LogEngineSettings Settings, IConfiguration? Section, ILoggerFactory LoggerFactory);
