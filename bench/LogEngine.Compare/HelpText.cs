namespace LogEngine.Compare;

/// <summary>What --help prints.</summary>
internal static class HelpText
{
    internal const string Text = """
        Side-by-side measurements of LogEngine, its peers and the raw device.

        Usage: LogEngine.Compare SUITE [options]

        Suites
          log            durable appends by N concurrent appenders, each waiting for its own
          log-buffered   one producer that does not wait, final flush included
          log-scan       open a closed log and read all of it, verified, page cache warm
          log-retention  long run with truncation: cold pool, then warm, beside the device

        Options
          --appenders 1,8,64,512       concurrent appenders (log, log-retention)
          --payload 100,1024,16384     bytes of a record
          --engines a,b,c              see below; default: one of each kind
          --durability power-loss      or process-crash, none (LogEngine only)
          --seconds 3                  length of a measured window
          --warmup 0.5                 seconds that each side runs before its window
          --pause 0                    seconds of rest before each run, for disks that throttle
          --repeat 3                   runs of each side in each cell, interleaved
          --dir DIR                    where logs are written; default: in the temporary directory
          --json FILE                  results as a JSON array
          --io auto                    LogEngine: direct, buffered or auto
          --segment-mb 64              LogEngine: segment size
          --keep-bytes 1073741824      LogEngine: log that background truncation leaves
          --warm | --cold              LogEngine: fill the pool of recycled segments first, or
                                       not; default warm (log, log-buffered)
          --records 10000000           records of log-scan

        Engines
          logengine           tasks that await AppendAsync (TryAppend in log-buffered)
          logengine-blocking  threads that call Append (log; up to 64 appenders)
          device              the floor: aligned writes of the same bytes, no framing
          device-buffered     the same through the page cache, with fdatasync
          device-1m, -4m      sequential direct writes of 1 and 4 MiB (log-retention)
          bare                the ceiling: two buffers, one flusher, one prepared file
          bare-buffered       the same through the page cache, with fdatasync
          fasterlog           Microsoft.FASTER.Core's log
          fasterlog-fast      the same in fast commit mode

        Exit codes: 0 all measured, 1 wrong arguments, 2 a side failed (the others are reported).
        """;
}
