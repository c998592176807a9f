namespace LogEngine.Compare;

/// <summary>What one run of the harness is asked to do.</summary>
internal sealed record CompareOptions
{
    /// <summary>Which comparison.</summary>
    public required string Suite { get; init; }

    /// <summary>Numbers of concurrent appenders.</summary>
    public int[] Appenders { get; init; } = [1, 8, 64, 512];

    /// <summary>Payload sizes in bytes.</summary>
    public int[] Payloads { get; init; } = [100, 1024, 16384];

    /// <summary>What an acknowledged write survives, in this part of the run.</summary>
    public Durability Durability { get; init; } = Durability.PowerLoss;

    /// <summary>The parts: a suite runs once for each.</summary>
    public Durability[] Durabilities { get; init; } = [Durability.PowerLoss];

    /// <summary>Sides, in the order in which they run.</summary>
    public string[] Engines { get; init; } = [];

    /// <summary>Length of a measured window.</summary>
    public TimeSpan Length { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Time that every side runs before its window.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Rest before every run: some disks throttle after a burst.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.Zero;

    /// <summary>How often every side runs in each cell.</summary>
    public int Repeat { get; init; } = 3;

    /// <summary>Where logs are written; each run has a directory of its own in it.</summary>
    public string Directory { get; init; } =
        Path.Combine(Path.GetTempPath(), "logengine-compare");

    /// <summary>Where results go as JSON; null: only on screen.</summary>
    public string? JsonFile { get; init; }

    /// <summary>How LogEngine writes.</summary>
    public IoMode IoMode { get; init; } = IoMode.Auto;

    /// <summary>LogEngine's segment size.</summary>
    public long SegmentBytes { get; init; } = WriteAheadLogOptions.DefaultSegmentSizeBytes;

    /// <summary>Log that truncation leaves.</summary>
    public long KeepBytes { get; init; } = 1L << 30;

    /// <summary>Length of the stream in stores-scale.</summary>
    public long StreamBytes { get; init; } = 10L << 30;

    /// <summary>Records of a scan.</summary>
    public long Records { get; init; } = 10_000_000;

    /// <summary>Whether LogEngine's pool of recycled segments is filled before a window.</summary>
    public bool WarmPool { get; init; } = true;

    /// <summary>Numbers of keys in a store.</summary>
    public long[] Keys { get; init; } = [1_000_000];

    /// <summary>Threads that read.</summary>
    public int[] Readers { get; init; } = [1];

    /// <summary>Writers beside them: 0, or 1 for a thread that updates in batches.</summary>
    public int[] Writers { get; init; } = [0];

    /// <summary>Keys of one get.</summary>
    public int[] AtOnce { get; init; } = [1];

    /// <summary>Updates of a batch.</summary>
    public int Batch { get; init; } = 100;

    /// <summary>Updates of a run.</summary>
    public long Updates { get; init; } = 10_000_000;

    /// <summary>Memory of a store's cache.</summary>
    public long CacheBytes { get; init; } = 2L << 30;

    /// <summary>Bytes of updates behind the last compact state of a killed store.</summary>
    public long TailBytes { get; init; } = 64L << 20;

    /// <summary>Parts of a suite that has several.</summary>
    public string[] Workloads { get; init; } = [];

    /// <summary>Messages that are put into a queue before it is drained, in its churn.</summary>
    public long Messages { get; init; } = 200_000;

    /// <summary>
    /// Messages a second in and out, in a queue's churn, or appends a second, in log-open; null for
    /// the suite's own.
    /// </summary>
    public long? Rate { get; init; }

    /// <summary>Sizes of a log, in growth.</summary>
    public long[] LogBytes { get; init; } = [1L << 30, 4L << 30, 16L << 30];

    /// <summary>Longest wait for a store that settles after its updates.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How LogEngine is opened.</summary>
    internal WriteAheadLogOptions LogOptions => new()
    {
        IoMode = IoMode,
        SegmentSizeBytes = SegmentBytes,
    };

    /// <summary>The durability's name on the command line and in results.</summary>
    internal string DurabilityName => NameOf(Durability);

    /// <summary>As <see cref="DurabilityName"/>.</summary>
    internal static string NameOf(Durability durability) => durability switch
    {
        Durability.None => "none",
        Durability.ProcessCrash => "process-crash",
        _ => "power-loss",
    };
}
