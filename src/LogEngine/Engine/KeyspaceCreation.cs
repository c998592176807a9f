using System.Buffers.Binary;
using System.Text;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// Gives keyspaces their ids, those that have none by then. The ids are drawn when they are committed,
/// so that no two can draw the same.
/// </summary>
internal sealed class KeyspaceCreation : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly IReadOnlyList<string> _names;

    /// <summary>Which of them do not exist; there after the judgement.</summary>
    private readonly bool[] _missing;

    /// <param name="state">Where they come into being.</param>
    /// <param name="names">Each once; all of them fit into a group.</param>
    internal KeyspaceCreation(CommittedIndex state, IReadOnlyList<string> names)
        : base(Encode(names))
    {
        _state = state;
        _names = names;
        _missing = new bool[names.Count];
    }

    /// <summary>Most bytes that a name takes in a group.</summary>
    internal static int EncodedLength(string name) => RecordHeader.EncodedLength(
        OperationCodec.HeadSize + Encoding.UTF8.GetByteCount(name));

    internal override bool Judge()
    {
        PendingKeyspaces keyspaces = _state.PendingKeyspaces;
        uint next = keyspaces.NextId;
        for (int i = 0; i < _names.Count; i++)
        {
            _missing[i] = !keyspaces.TryGetId(_names[i], out _);
            if (_missing[i])
            {
                OperationCodec.SetKeyspace(Records.MutablePayload(i), next++);
            }
        }

        return next != keyspaces.NextId;
    }

    internal override bool Keeps(int record) => _missing[record];

    private static LogBatch Encode(IReadOnlyList<string> names)
    {
        Span<byte> head = stackalloc byte[OperationCodec.HeadSize];
        LogBatch batch = new();
        foreach (string name in names)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteUInt64LittleEndian(
                head,
                OperationCodec.HeadWord(
                    OperationKind.CreateKeyspace, OperationFlags.None, 0, bytes.Length));
            batch.Add(head, bytes, default);
        }

        return batch;
    }
}
