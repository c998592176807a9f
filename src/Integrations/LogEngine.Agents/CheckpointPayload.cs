using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LogEngine.Stores;
using Microsoft.Agents.AI.Workflows;

namespace LogEngine.Agents;

/// <summary>
/// A checkpoint as it is stored: layout <c>01</c>, session and id of its parent, each as UTF-8 behind its length of two
/// bytes, big-endian, and the JSON as the library has made it. The session is empty where it is the same, the id where
/// there is no parent. The JSON's properties stay in their order, since a type's name must come first.
/// </summary>
internal static class CheckpointPayload
{
    private const byte Layout = 1;

    /// <exception cref="ArgumentException">The parent's session or id is longer than it can be.</exception>
    internal static ReadOnlyMemory<byte> Encode(string sessionId, JsonElement checkpoint, CheckpointInfo? parent)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        buffer.Write([Layout]);
        Write(buffer, parent is null || parent.SessionId == sessionId ? "" : parent.SessionId);
        Write(buffer, parent?.CheckpointId ?? "");
        using (Utf8JsonWriter writer = new(buffer))
        {
            checkpoint.WriteTo(writer);
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The parent of a checkpoint; null for none.</summary>
    /// <exception cref="UndecodableValueException">Something else has written it.</exception>
    internal static CheckpointInfo? ParentIn(ReadOnlyMemory<byte> payload, CheckpointInfo checkpoint) =>
        Split(payload.Span, checkpoint, out string session, out string id).Length > 0 && id.Length > 0
            ? new CheckpointInfo(session.Length > 0 ? session : checkpoint.SessionId, id)
            : null;

    /// <inheritdoc cref="ParentIn"/>
    internal static JsonElement Decode(ReadOnlyMemory<byte> payload, CheckpointInfo checkpoint)
    {
        int length = Split(payload.Span, checkpoint, out _, out _).Length;
        try
        {
            // What is handed out does not depend on the document.
            using JsonDocument document = JsonDocument.Parse(payload[^length..]);
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw Undecodable(checkpoint, error);
        }
    }

    /// <summary>The id of a checkpoint is its number in its session.</summary>
    internal static CheckpointInfo InfoOf(string session, long number) =>
        new(session, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>0 for what no checkpoint of this store has as its id.</summary>
    internal static long NumberOf(CheckpointInfo checkpoint) =>
        long.TryParse(checkpoint.CheckpointId, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && InfoOf(checkpoint.SessionId, number).CheckpointId == checkpoint.CheckpointId
            ? number
            : 0;

    private static void Write(ArrayBufferWriter<byte> buffer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > ushort.MaxValue)
        {
            throw new ArgumentException(
                $"The parent's session or id has {bytes.Length} bytes of UTF-8; {ushort.MaxValue} are allowed.");
        }

        BinaryPrimitives.WriteUInt16BigEndian(buffer.GetSpan(sizeof(ushort)), (ushort)bytes.Length);
        buffer.Advance(sizeof(ushort));
        buffer.Write(bytes);
    }

    /// <returns>The JSON.</returns>
    private static ReadOnlySpan<byte> Split(
        ReadOnlySpan<byte> payload, CheckpointInfo checkpoint, out string session, out string id)
    {
        if (payload is not [Layout, .. ReadOnlySpan<byte> rest]
            || !TryTake(ref rest, out session!)
            || !TryTake(ref rest, out id!))
        {
            throw Undecodable(
                checkpoint, new FormatException($"{payload.Length} bytes that are no checkpoint of a workflow."));
        }

        return rest;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out string? text)
    {
        text = null;
        if (rest.Length < sizeof(ushort))
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < sizeof(ushort) + length)
        {
            return false;
        }

        text = Encoding.UTF8.GetString(rest.Slice(sizeof(ushort), length));
        rest = rest[(sizeof(ushort) + length)..];
        return true;
    }

    private static UndecodableValueException Undecodable(CheckpointInfo checkpoint, Exception error) =>
        new($"Checkpoint {checkpoint.CheckpointId} of session '{checkpoint.SessionId}'", error);
}
