using System.Runtime.InteropServices;
using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Oracle;

/// <summary>
/// What was submitted since a log was last seen whole: the records in order, and where batches end.
/// </summary>
/// <remarks>
/// A new era begins when a log is opened after a death: what it did not show then is gone for good,
/// and its sequences are given again.
/// </remarks>
internal sealed class JournalEra
{
    private readonly List<ulong> _hashes = [];
    private readonly HashSet<long> _boundaries = [0];

    /// <summary>Last sequence submitted.</summary>
    internal long Submitted => _hashes.Count;

    internal bool IsBoundary(long sequence) => _boundaries.Contains(sequence);

    internal bool Holds(long sequence, ulong hash) =>
        sequence >= 1 && sequence <= _hashes.Count && _hashes[(int)sequence - 1] == hash;

    internal void Add(IEnumerable<ulong> records)
    {
        _hashes.AddRange(records);
        _boundaries.Add(_hashes.Count);
    }

    /// <summary>Takes back the last batch: it was refused and has no sequence.</summary>
    internal void RemoveLast(long last, int count)
    {
        if (last == _hashes.Count)
        {
            _boundaries.Remove(last);
            _hashes.RemoveRange((int)last - count, count);
            _boundaries.Add(_hashes.Count);
        }
    }

    /// <summary>The era after an open that showed everything up to a sequence.</summary>
    internal JournalEra ContinueAfter(long lastSequence)
    {
        JournalEra next = new();
        next._hashes.AddRange(_hashes.Take((int)lastSequence));
        next._boundaries.UnionWith(_boundaries.Where(b => b <= lastSequence));
        next._boundaries.Add(lastSequence);
        return next;
    }

    /// <summary>Eight bytes at a time: every record of every recovered state goes through it.</summary>
    internal static ulong HashOf(ReadOnlySpan<byte> payload)
    {
        ulong hash = 14695981039346656037 ^ (ulong)payload.Length;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(payload))
        {
            hash = SimPage.Mix(hash, word);
        }

        foreach (byte b in payload[(payload.Length & ~7)..])
        {
            hash = SimPage.Mix(hash, b);
        }

        return hash;
    }
}
