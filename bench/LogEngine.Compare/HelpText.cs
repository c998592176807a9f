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
          kv-put         durable puts by N concurrent writers, each waiting for its own
          kv-get         random gets from a filled store whose content is in memory
          kv-update      random updates over a filled store, in batches, by one writer
          kv-beside      single updates by N writers, with and without snapshots and compaction
          kv-scan        everything in the order of the keys, with values, from memory
          pg             queue cycle and puts on PostgreSQL, beside tables by hand and Rebus; the server is
                         the one that LOGENGINE_POSTGRESQL names
          queue          durable enqueue, full cycle with its latency, fill and drain, open
          telemetry      puts and messages while nobody listens, and while metrics or traces are taken
          kv-open        opening what a killed process has left, up to the first value
          kv-keyspaces   many keyspaces, or queues, in one engine: made, opened, listed, dropped
          stores         durable writes through the stores, beside raw puts and a file per item
          stores-scale   a long stream of a blob, 100,000 runs, a run of a million rows

        Options
          --appenders 1,8,64,512       concurrent appenders (log, log-retention)
          --payload 100,1024,16384     bytes of a record
          --engines a,b,c              see below; default: one of each kind
          --durability power-loss      or process-crash, none (LogEngine only)
          --seconds 3                  length of a measured window
          --warmup 0.5                 seconds that each side runs before its window
          --stream-mb 10240            length of the stream in stores-scale
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
          --keys 1000000,10000000      keys in a store (kv-get, kv-update, kv-scan, kv-open);
                                       keyspaces (kv-keyspaces; a tenth as many queues)
          --readers 1,2                threads that read (kv-get)
          --writers 0,1                a writer beside them, which updates in batches (kv-get)
          --at-once 1,8                keys of one get (kv-get)
          --batch 100                  updates of a batch (kv-update, kv-get, kv-open)
          --updates 10000000           updates of a run (kv-update)
          --cache-mb 2048              a store's own cache
          --workload enqueue,cycle,drain,open
                                       parts of the queue suite; --keys: messages waiting at open;
                                       'churn' fills and drains for --seconds, and looks at the disk
          --messages 200000            messages of a filling (churn)
          --rate 10000                 messages a second, in and out (churn)
          --settle 60                  longest wait for a store to come to rest (kv-update)
          --tail-mb 64                 updates behind the last compact state (kv-open)

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
          rocksdb, leveldb, lmdb, sqlite
                              stores of the system's libraries (kv suites)
          engine-put          puts of the same bytes into the engine (queue)
          rabbitmq            a quorum queue of a broker on this machine (queue)
          fasterkv            Microsoft.FASTER.Core's store in memory (kv-get)

        Exit codes: 0 all measured, 1 wrong arguments, 2 a side failed (the others are reported).
        """;
}
