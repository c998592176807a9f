using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>An operation of an engine, as one line.</summary>
internal static class OperationText
{
    /// <summary>Bytes of a key or a value that are shown.</summary>
    private const int ShownBytes = 32;

    /// <summary>The operation; null where the payload is none.</summary>
    internal static string? Of(ReadOnlySpan<byte> payload)
    {
        if (!OperationCodec.TryRead(payload, out Operation operation))
        {
            return null;
        }

        string at = $"keyspace {operation.Keyspace} {Show(operation.Key)}";
        string expiry = operation.ExpiresTicks == 0
            ? ""
            : $", expires {DumpText.Time(operation.ExpiresTicks)}";
        string value = $"{operation.Value.Length} bytes {Show(operation.Value)}{expiry}";
        return operation.Kind switch
        {
            OperationKind.Put when IsChunked(operation) =>
                $"put {at}: in chunks, set {SetOf(operation)}{expiry}",
            OperationKind.Put => $"put {at}: {value}",
            OperationKind.Relocate => $"relocate {at} version {operation.Version}: {value}",
            OperationKind.Touch when operation.Version == 0 => $"touch {at}: it is absent",
            OperationKind.Touch =>
                $"touch {at} version {operation.Version}"
                + (expiry.Length == 0 ? ", never expires" : expiry),
            OperationKind.Delete => $"delete {at}",
            OperationKind.DeleteRange when operation.Value.IsEmpty =>
                $"delete range {at} to the end",
            OperationKind.DeleteRange => $"delete range {at} to {Show(operation.Value)}",
            OperationKind.CreateKeyspace =>
                $"create keyspace {operation.Keyspace} {Show(operation.Key)}",
            _ => $"drop keyspace {operation.Keyspace}",
        };
    }

    /// <summary>Text in quotes where the bytes are printable, hex where they are not.</summary>
    internal static string Show(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> shown = bytes[..Math.Min(ShownBytes, bytes.Length)];
        string more = bytes.Length > ShownBytes ? "..." : "";
        bool printable = Utf8.IsValid(shown)
            && !shown.ContainsAnyInRange((byte)0, (byte)0x1F)
            && !shown.Contains((byte)0x7F);
        return printable
            ? $"\"{Encoding.UTF8.GetString(shown)}\"{more}"
            : $"{Convert.ToHexStringLower(shown)}{more}";
    }

    private static long SetOf(in Operation operation) =>
        BinaryPrimitives.ReadInt64LittleEndian(operation.Value);

    private static bool IsChunked(in Operation operation) =>
        (operation.Flags & OperationFlags.Chunked) != 0
        && operation.Value.Length == sizeof(long);
}
