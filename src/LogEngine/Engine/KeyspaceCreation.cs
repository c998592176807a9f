using System.Buffers.Binary;
using System.Text;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// Gives a keyspace its id, if it has none by then. The id is drawn when it is committed, so that no
/// two can draw the same.
/// </summary>
internal sealed class KeyspaceCreation : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly string _name;

    internal KeyspaceCreation(CommittedIndex state, string name)
        : base(Record(name))
    {
        _state = state;
        _name = name;
    }

    internal override bool Judge()
    {
        KeyspaceTable keyspaces = _state.PendingKeyspaces;
        if (keyspaces.TryGetId(_name, out _))
        {
            return false;
        }

        OperationCodec.SetKeyspace(Records.MutablePayload(0), keyspaces.NextId);
        return true;
    }

    private static LogBatch Record(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        Span<byte> head = stackalloc byte[OperationCodec.HeadSize];
        BinaryPrimitives.WriteUInt64LittleEndian(
            head,
            OperationCodec.HeadWord(
                OperationKind.CreateKeyspace, OperationFlags.None, 0, bytes.Length));
        LogBatch batch = new();
        batch.Add(head, bytes, default);
        return batch;
    }
}
