using System.Runtime.InteropServices;
using LogEngine.Format;

namespace LogEngine;

/// <summary>Records that commit together: after a crash all of them are there, or none.</summary>
/// <remarks>
/// Copies what is added. Not thread-safe. It may be used again after <see cref="Clear"/>, once the
/// append that took it has completed; a change before that, or beside another thread's, is refused.
/// </remarks>
public sealed class LogBatch
{
    /// <summary>Largest payload of a record, and of a batch's records together: 64 MiB.</summary>
    public static int MaxPayloadBytes => FormatLimits.MaxPayloadBytes;

    /// <summary>Most records of a batch.</summary>
    public static int MaxRecords => FormatLimits.MaxBatchRecords;

    /// <summary>So far below 0 that no number of refused appends comes near it.</summary>
    private const int Changing = int.MinValue / 2;

    private readonly PooledBytes _bytes = new();
    private readonly List<int> _ends = [];

    /// <summary>How many appends read it; below 0 while it is being changed.</summary>
    private int _appends;

    /// <summary>Its bytes have been given back.</summary>
    private bool _isSpent;

    /// <summary>Records added.</summary>
    public int Count => _ends.Count;

    /// <summary>Payload bytes added.</summary>
    public int PayloadBytes => _ends.Count == 0 ? 0 : _ends[^1];

    /// <summary>Adds a record, copying its bytes. An empty payload is a record too.</summary>
    /// <exception cref="RecordTooLargeException">
    /// The batch would exceed <see cref="MaxPayloadBytes"/> or <see cref="MaxRecords"/>; it is
    /// unchanged.
    /// </exception>
    /// <exception cref="InvalidOperationException">An append of the batch is not complete.</exception>
    public void Add(ReadOnlySpan<byte> payload) => Add(payload, default, default);

    /// <summary>Removes all records, keeping the memory.</summary>
    /// <exception cref="InvalidOperationException">An append of the batch is not complete.</exception>
    public void Clear()
    {
        BeginChange();
        _bytes.Clear();
        _ends.Clear();
        EndChange();
    }

    /// <summary>
    /// Keeps it as it is until <see cref="EndAppend"/>: what was reserved for it in a group, beside
    /// other callers' records, must be what is written there.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another thread is changing it.</exception>
    internal void BeginAppend()
    {
        if (Interlocked.Increment(ref _appends) <= 0)
        {
            Interlocked.Decrement(ref _appends);
            throw InUse();
        }
    }

    internal void EndAppend() => Interlocked.Decrement(ref _appends);

    /// <summary>
    /// Gives its bytes back, for others to use: it has been written, or refused, and nobody reads it any
    /// more. What is counted stays, what it held can not be asked for, and nothing is added.
    /// </summary>
    internal void Spend()
    {
        BeginChange();
        _isSpent = true;
        _bytes.Dispose();
        EndChange();
    }

    /// <summary>Takes back the records from one on.</summary>
    internal void CutTo(int count)
    {
        BeginChange();
        if (count < _ends.Count)
        {
            // The bytes stay where they are: only the count is set back.
            int kept = count == 0 ? 0 : _ends[count - 1];
            _bytes.Clear();
            _bytes.Advance(kept);
            _ends.RemoveRange(count, _ends.Count - count);
        }

        EndChange();
    }

    /// <summary>The same, to be changed in place.</summary>
    internal Span<byte> MutablePayload(int index) =>
        MemoryMarshal.CreateSpan(
            ref MemoryMarshal.GetReference(Payload(index)), Payload(index).Length);

    /// <summary>Adds a record in three pieces.</summary>
    internal void Add(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        BeginChange();
        try
        {
            RequireRoom((long)first.Length + second.Length + third.Length);

            // Room for all three at once: a batch of one record takes one array, of its size.
            Span<byte> room = _bytes.GetSpan(first.Length + second.Length + third.Length);
            first.CopyTo(room);
            second.CopyTo(room[first.Length..]);
            third.CopyTo(room[(first.Length + second.Length)..]);
            _bytes.Advance(first.Length + second.Length + third.Length);
            _ends.Add(_bytes.Length);
        }
        finally
        {
            EndChange();
        }
    }

    /// <summary>A record's payload; valid until the next change of the batch.</summary>
    /// <exception cref="InvalidOperationException">It is spent.</exception>
    internal ReadOnlySpan<byte> Payload(int index)
    {
        RequireUnspent();
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.Written[start.._ends[index]];
    }

    private void BeginChange()
    {
        if (Interlocked.CompareExchange(ref _appends, Changing, 0) != 0)
        {
            throw InUse();
        }
    }

    /// <summary>Not a plain write: an append that was refused may be about to count back.</summary>
    private void EndChange() => Interlocked.Add(ref _appends, -Changing);

    private static InvalidOperationException InUse() => new(
        "The batch is in use: an append of it is not complete, or another thread changes it. Wait "
        + "for the append, or make a batch for each.");

    private void RequireUnspent()
    {
        if (_isSpent)
        {
            throw new InvalidOperationException(
                "The batch has been committed; what it held is not kept.");
        }
    }

    private void RequireRoom(long payload)
    {
        RequireUnspent();
        if (_bytes.Length + payload > MaxPayloadBytes)
        {
            throw new RecordTooLargeException(
                "Batch payload in bytes", _bytes.Length + payload, MaxPayloadBytes);
        }

        if (_ends.Count == MaxRecords)
        {
            throw new RecordTooLargeException("Batch record count", _ends.Count + 1L, MaxRecords);
        }
    }
}
