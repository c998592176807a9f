using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>
/// The uploads into one store that are on their way in this process. A mark of any other is a
/// leftover, of a process that is dead or of an upload that could not clean up: to be swept.
/// </summary>
/// <remarks>
/// Thread-safe. All objects of a store share one, since an engine gives the same keyspace for the
/// same name. Where processes share what an engine holds, the uploads of the others are not known
/// here: a mark is a leftover only once it is a day old. If it was none after all, nothing is mixed up: the
/// batch that publishes requires the mark, so that upload fails.
/// </remarks>
internal sealed class BlobUploads
{
    /// <summary>How long an upload may take on an engine that processes share.</summary>
    internal static readonly TimeSpan LongestShared = TimeSpan.FromDays(1);

    private const byte MarkLayout = 1;

    private static readonly ConditionalWeakTable<Keyspace, BlobUploads> OfKeyspaces = [];

    private readonly HashSet<long> _running = [];

    internal static BlobUploads Of(Keyspace keyspace) => OfKeyspaces.GetOrCreateValue(keyspace);

    /// <summary>A mark's value: when the upload began.</summary>
    internal static ReadOnlySpan<byte> EncodeMark(DateTimeOffset begun)
    {
        FieldWriter fields = new(MarkLayout);
        fields.WriteNumber(begun.UtcTicks);
        return fields.Written;
    }

    /// <summary>Whether a mark is so old that on a shared engine it counts as a leftover.</summary>
    /// <param name="mark">Its value; what says no time counts as old.</param>
    /// <param name="now">The time.</param>
    internal static bool IsOld(ReadOnlySpan<byte> mark, DateTimeOffset now)
    {
        try
        {
            FieldReader fields = new(mark, MarkLayout);
            return now.UtcTicks - fields.ReadNumber() > LongestShared.Ticks;
        }
        catch (FormatException)
        {
            return true;
        }
    }

    /// <summary>Before its mark is written.</summary>
    internal void Begin(long upload)
    {
        lock (_running)
        {
            _running.Add(upload);
        }
    }

    /// <summary>Once it is published, or has tried to clean up.</summary>
    internal void End(long upload)
    {
        lock (_running)
        {
            _running.Remove(upload);
        }
    }

    internal bool IsRunning(long upload)
    {
        lock (_running)
        {
            return _running.Contains(upload);
        }
    }
}
