using System.Globalization;
using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>Groups and records as lines.</summary>
internal sealed class DumpText(Queue<string> lines, bool operations) : IRecordSink
{
    /// <summary>Bytes of a payload that are shown.</summary>
    private const int ShownBytes = 16;

    void IRecordSink.Record(long sequence, long offset, ReadOnlySpan<byte> record)
    {
        RecordFlags flags = RecordHeader.ReadFlags(record);
        ReadOnlySpan<byte> payload =
            record[RecordHeader.Size..(int)RecordHeader.ReadLength(record)];
        if (operations && OperationText.Of(payload) is { } operation)
        {
            lines.Enqueue($"record  @{offset} sequence {sequence}, flags {flags}: {operation}");
            return;
        }

        string hex = Convert.ToHexStringLower(payload[..Math.Min(ShownBytes, payload.Length)]);
        string more = payload.Length > ShownBytes ? "..." : "";
        lines.Enqueue(
            $"record  @{offset} sequence {sequence}, {payload.Length} bytes, flags {flags}: "
            + $"{hex}{more}");
    }

    void IRecordSink.Damage(RecordDamage damage) => lines.Enqueue(
        $"damage  @{damage.Offset} sequences {damage.FirstSequence} to {damage.LastSequence}");

    internal static string Group(in GroupHeader group, bool stale)
    {
        string mark = group.Mark.SegmentId == 0
            ? "none"
            : $"segment {group.Mark.SegmentId} end {group.Mark.EndOffset} sequence "
                + $"{group.Mark.Sequence}";
        return $"{(stale ? "stale " : "group ")}  @{group.Offset} {group.Length} bytes, flags "
            + $"{group.Flags}, segment {group.SegmentId}, first {group.FirstSequence}, "
            + $"{group.RecordCount} records, {Time(group.TimeTicks)}, mark {mark}";
    }

    /// <summary>A time, or the number where it is none: it may come from a damaged file.</summary>
    internal static string Time(long ticks) =>
        ticks >= 0 && ticks <= DateTime.MaxValue.Ticks
            ? new DateTime(ticks, DateTimeKind.Utc).ToString("O", CultureInfo.InvariantCulture)
            : ticks.ToString(CultureInfo.InvariantCulture);
}
