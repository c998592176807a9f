using System.Runtime.CompilerServices;
using LogEngine.Inspection;
using LogEngine.Storage;

namespace LogEngine;

/// <summary>
/// Looks into a directory of a log, a storage engine or a backup from outside: takes no part in the
/// lock and changes nothing, beside a live writer or where nobody writes.
/// </summary>
/// <remarks>
/// Thread-safe; every call runs away from the calling thread. Beside a writer, what lies behind the
/// highest durable mark is left alone: it is still being written.
/// </remarks>
public static class LogDirectory
{
    /// <summary>Lines of a dump that are made at a time.</summary>
    private const int LinesAtATime = 256;

    // A salvage commits so many values, or so many bytes of them, at a time.
    private const int ValuesAtATime = 256;
    private const long BytesAtATime = 1 << 20;

    /// <summary>Describes a log: segments, sequences, sizes, its end. No record is read.</summary>
    /// <param name="directory">The log's directory.</param>
    /// <param name="progress">Is told about every 4 MiB.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StorageNotFoundException">No directory, or no store in it.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="StorageIOException">The operating system refused a call.</exception>
    public static Task<DirectoryStat> StatAsync(
        string directory,
        IProgress<InspectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        string path = FullPath(directory);
        return Task.Run(
            () => StatTaker.Run(RealFileSystem.Instance, path, progress, cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// Verifies every byte of a log: headers, manifests, chain, groups, records, padding. It never
    /// stops at damage but goes on with the next group or segment.
    /// </summary>
    /// <inheritdoc cref="StatAsync"/>
    public static Task<VerifyReport> VerifyAsync(
        string directory,
        IProgress<InspectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        string path = FullPath(directory);
        return Task.Run(
            () => Verifier.Run(RealFileSystem.Instance, path, progress, cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// Writes down the structure of one segment file, line by line, damaged or not.
    /// </summary>
    /// <param name="directory">The log's directory.</param>
    /// <param name="segment">
    /// The name of the segment's file, or the segment's id, as <see cref="StatAsync"/> tells both.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">That is neither a name nor an id.</exception>
    /// <exception cref="StorageNotFoundException">There is no such file.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    public static async IAsyncEnumerable<string> DumpAsync(
        string directory,
        string segment,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(segment);
        string path = FullPath(directory);
        using Dumper dumper = await Task.Run(
            () => Dumper.Open(RealFileSystem.Instance, path, segment), cancellationToken)
            .ConfigureAwait(false);
        using IEnumerator<string> lines = dumper.Lines().GetEnumerator();
        List<string> some;
        do
        {
            some = await Task.Run(() => Take(lines), cancellationToken).ConfigureAwait(false);
            foreach (string line in some)
            {
                yield return line;
            }
        }
        while (some.Count == LinesAtATime);
    }

    /// <summary>
    /// Copies every readable record into a new log, in order, and lists what is not readable. Only
    /// whole batches are copied. The new log counts from sequence 1 and has its own times.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Of a storage engine, or a backup of one, every readable value goes into a new engine: of
    /// each key the newest version that can be established, from the newest whole snapshot and
    /// the readable log behind it. Where a part of the log is lost, what it did to keys is not
    /// known: an older value, or a deleted one, may be what is copied. Versions are new, expiries
    /// are kept.
    /// </para>
    /// <para>
    /// It needs no manifest, no segment header and no unbroken chain. A failure on the way, such as
    /// a full disk, leaves an incomplete new log behind; remove it and start again.
    /// </para>
    /// </remarks>
    /// <param name="directory">The damaged log; nothing in it is changed.</param>
    /// <param name="targetDirectory">Where to: missing, or empty; not inside the other.</param>
    /// <param name="progress">Is told about every 4 MiB.</param>
    /// <param name="cancellationToken">Stops it; the new log is then incomplete.</param>
    /// <exception cref="ArgumentException">The target is not empty, or in the source.</exception>
    /// <exception cref="StorageNotFoundException">No directory, or no store in it.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="StorageFullException">No space for the copy.</exception>
    /// <exception cref="StorageFaultedException">Writing the copy failed.</exception>
    public static Task<SalvageReport> SalvageAsync(
        string directory,
        string targetDirectory,
        IProgress<InspectionProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        string source = FullPath(directory);
        string target = FullPath(targetDirectory);
        return Task.Run(
            () => SalvageCoreAsync(source, target, progress, cancellationToken),
            cancellationToken);
    }

    private static async Task<SalvageReport> SalvageCoreAsync(
        string source,
        string target,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        RequireEmpty(source, target);
        DirectoryLook look = DirectoryLook.Take(RealFileSystem.Instance, source);
        if (EngineSalvager.LooksLikeEngine(look))
        {
            using EngineSalvager engine = EngineSalvager.Open(look, progress, cancellationToken);
            return await SalvageEngineAsync(source, target, engine, cancellationToken)
                .ConfigureAwait(false);
        }

        using Salvager salvager = Salvager.Open(look, progress, cancellationToken);
        WriteAheadLog log = await WriteAheadLog.OpenAsync(
            target, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable disposal = log.ConfigureAwait(false);
        SalvageRanges ranges = new();
        LogBatch batch = new();
        foreach (SalvagedGroup group in salvager.Read())
        {
            for (int i = 0; i < group.Batches; i++)
            {
                (long first, int count) = group.Batch(i);
                batch.Clear();
                for (int record = 0; record < count; record++)
                {
                    batch.Add(group.Payload(i, record).Span);
                }

                SequenceRange copied = await log.AppendBatchAsync(
                    batch, Durability.None, cancellationToken).ConfigureAwait(false);
                ranges.Add(first, copied, batch.PayloadBytes);
            }
        }

        await log.CloseAsync().ConfigureAwait(false);
        return new SalvageReport
        {
            Source = source,
            Target = target,
            Records = ranges.Records,
            PayloadBytes = ranges.PayloadBytes,
            Ranges = ranges.Ranges,
            Gaps = salvager.Losses.Gaps,
            Findings = salvager.Losses.Findings,
        };
    }

    private static async Task<SalvageReport> SalvageEngineAsync(
        string source,
        string target,
        EngineSalvager salvager,
        CancellationToken cancellationToken)
    {
        EmbeddedEngine engine = await StorageEngine.OpenAsync(
            target, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable disposal = engine.ConfigureAwait(false);
        long count = 0;
        long bytes = 0;
        WriteBatch batch = engine.CreateBatch();
        long batched = 0;
        foreach ((string keyspace, byte[] key, ReadOnlyMemory<byte> value, long expires)
            in salvager.Values.Read())
        {
            batch.Put(
                engine.OpenKeyspace(keyspace),
                key,
                value.Span,
                expires == 0 ? null : new DateTimeOffset(expires, TimeSpan.Zero));
            count++;
            bytes += value.Length;
            batched += value.Length;
            if (batch.Count == ValuesAtATime || batched >= BytesAtATime)
            {
                await engine.CommitAsync(batch, Durability.ProcessCrash, cancellationToken)
                    .ConfigureAwait(false);
                batch = engine.CreateBatch();
                batched = 0;
            }
        }

        if (batch.Count > 0)
        {
            await engine.CommitAsync(batch, Durability.ProcessCrash, cancellationToken)
                .ConfigureAwait(false);
        }

        await engine.CloseAsync().ConfigureAwait(false);
        return new SalvageReport
        {
            Source = source,
            Target = target,
            Records = count,
            PayloadBytes = bytes,
            Ranges = [],
            Gaps = salvager.Gaps,
            LostValues = salvager.Values.Lost,
            Findings = salvager.Findings,
        };
    }

    private static void RequireEmpty(string source, string target)
    {
        IFileSystem files = RealFileSystem.Instance;
        if (files.TryIdentify(source) is { } own && DirectoryPlace.LiesIn(files, target, own))
        {
            throw new ArgumentException(
                $"'{target}' is '{source}' or lies in it, and that must not change; choose "
                + "another place.");
        }

        if (files.DirectoryExists(target) && files.ListFiles(target).Count > 0)
        {
            throw new ArgumentException(
                $"'{target}' is not empty; choose a directory that is, or does not exist.");
        }
    }

    private static List<string> Take(IEnumerator<string> lines)
    {
        List<string> some = new(LinesAtATime);
        while (some.Count < LinesAtATime && lines.MoveNext())
        {
            some.Add(lines.Current);
        }

        return some;
    }

    private static string FullPath(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Path.GetFullPath(directory);
    }
}
