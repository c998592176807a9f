namespace LogEngine.Compare;

/// <summary>What --help prints.</summary>
internal static class HelpText
{
    internal const string Text = """
        Side-by-side measurements of LogEngine, its peers and the raw device.

        Usage: LogEngine.Compare SUITE [options]
               LogEngine.Compare all [--quick] [--out DIR] [options]
               LogEngine.Compare report DIR
               LogEngine.Compare compare DIR-BEFORE DIR-AFTER

        all       every suite; results go to DIR (default: bench-results), one file each, and a report
        report    report.html, report.md and plots from all results (*.json) below DIR
        compare   ratios of medians; exit code 3 if one is more than 10 % slower

        Suites
          log            durable appends by N concurrent appenders, each waiting for its own
          log-buffered   one producer that does not wait, final flush included
          log-open       appends that arrive at random at a rate, timed from their arrival
          log-scan       open a closed log and read all of it, verified, page cache warm
          log-retention  long run with truncation: cold pool, then warm, beside the device
          kv-put         durable puts by N concurrent writers, each waiting for its own
          kv-commits     one write as put, as batch, as compare-and-set, as a run's next row
          ycsb           the workloads a to f of YCSB, single operations
          kv-get         random gets from a filled store whose content is in memory
          kv-update      random updates over a filled store, in batches, by one writer
          kv-beside      single updates by N writers, with and without snapshots and compaction
          kv-scan        everything in the order of the keys, with values, from memory
          pg             queue cycle and puts on PostgreSQL, beside tables by hand and Rebus; the server is
                         the one that LOGENGINE_POSTGRESQL names
          queue          durable enqueue, full cycle with its latency, fill and drain, open
          cache          gets and sets of ASP.NET Core's distributed cache, beside the framework's in
                         memory and a Redis that is started where redis-server is installed
          telemetry      puts and messages while nobody listens, and while metrics or traces are taken
          kv-open        opening what a killed process has left, up to the first value
          kv-keyspaces   many keyspaces, or queues, in one engine: made, opened, listed, dropped
          growth         memory, opening, snapshots, writing and space over keys and bytes
          stores         durable writes through the stores, beside raw puts and a file per item
          stores-scale   a long stream of a blob, 100,000 runs, a run of a million rows

        Options
          --quick                      small sizes and short windows, to see that all works
          --appenders 1,8,64,512       concurrent callers: appenders, writers, threads of ycsb
          --payload 100,1024,16384     bytes of a record
          --engines a,b,c              see below; default: one of each kind
          --durability power-loss      or process-crash, none (LogEngine only); several: one after
                                       the other
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
          --keys 1000000,10000000      keys in a store (ycsb, kv-get, kv-update, kv-scan, kv-open,
                                       growth); keyspaces (kv-keyspaces; a tenth as many queues);
                                       runs (stores-scale)
          --log-mb 1024,4096,16384     keys and values of a store, in MiB, over its fewest keys (growth)
          --readers 1,2                threads that read (kv-get)
          --writers 0,1                a writer beside them, which updates in batches (kv-get)
          --at-once 1,8                keys of one get (kv-get)
          --batch 100                  updates of a batch (kv-update, kv-get, kv-open)
          --updates 10000000           updates of a run (kv-update)
          --cache-mb 2048              a store's own cache
          --workload enqueue,cycle,drain,open
                                       parts of a suite: a to f of ycsb; of the queue suite, where --keys: messages waiting at open;
                                       'churn' fills and drains for --seconds, and looks at the disk
          --messages 200000            messages of a filling (drain, churn)
          --rate 10000                 messages a second, in and out (churn); appends a second
                                       (log-open; default: half of the slower side's peak)
          --settle 60                  longest wait for a store to come to rest (kv-update)
          --tail-mb 64                 updates behind the last compact state (kv-open)

        Engines
          logengine           tasks that await AppendAsync (TryAppend in log-buffered)
          logengine-1, -2     with one and two groups in flight (log, log-open, kv-put)
          logengine-blocking  threads that call Append, or Put (log, kv-put; up to 64 of them)
          device              the floor: aligned writes of the same bytes, no framing
          device-buffered     the same through the page cache, with fdatasync
          device-1m, -4m      sequential direct writes of 1 and 4 MiB (log-retention)
          bare                the ceiling: two buffers, one flusher, one prepared file
          bare-buffered       the same through the page cache, with fdatasync
          fasterlog           Microsoft.FASTER.Core's log
          fasterlog-fast      the same in fast commit mode
          rocksdb, lmdb, sqlite, zonetree
                              other stores (ycsb, kv suites)
          nothing, nothing-blocking
                              the harness alone (kv-put)
          engine-put          puts of the same bytes into the engine (queue)
          sqlite, sqlite-per-step
                              all that waits in one transaction; a transaction a step (queue)
          rebus-files         Rebus's transport of files (queue)
          hangfire-sqlite     Hangfire on SQLite (queue)
          rabbitmq            a quorum queue of a broker on this machine (queue)
          fasterkv            Microsoft.FASTER.Core's store in memory (kv-get)

        Exit codes: 0 all measured, 1 wrong arguments, 2 a side failed (the others are reported),
        3 'compare' found something slower.
        """;
}
