using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>
/// A place in the log that moves forward: from record to record, group to group, segment to segment.
/// Every byte it gives out has been verified. Not thread-safe.
/// </summary>
internal sealed unsafe class LogCursor : IDisposable
{
    private readonly LogView _view;
    private readonly IFileSystem _files;
    private readonly IScheduler _scheduler;
    private readonly ReadUpTo _upTo;

    /// <summary>The pinned segment; null before the first and after the last.</summary>
    private Segment? _segment;
    private FileWindow? _window;
    private uint _saltState;
    private bool _readsPastCache;

    /// <summary>
    /// Offset of the next group in the segment, and the sequence it must begin with. That is the group being
    /// read while records may still be added to it.
    /// </summary>
    private long _groupAt;
    private long _groupSequence;

    // The group that is being read: the sequence behind it, what is left of it, and where in the file.
    private long _groupEnd;
    private int _recordsLeft;

    /// <summary>The group that was looked at last might have been added to.</summary>
    private bool _grew;
    private long _recordAt;
    private long _limit;

    /// <summary>
    /// Records that have been verified and not yet given out, in the window's memory: they are
    /// verified many at a time, in a loop so tight that the processor works on several at once.
    /// </summary>
    private byte* _verified;
    private byte* _verifiedEnd;
    private int _verifiedCount;

    internal LogCursor(
        LogView view, LogEnvironment environment, long fromSequence, ReadUpTo upTo)
    {
        _view = view;
        _files = environment.Files;
        _scheduler = environment.Scheduler;
        _upTo = upTo;
        NextSequence = fromSequence;
    }

    /// <summary>Sequence of the next record.</summary>
    internal long NextSequence { get; private set; }

    /// <summary>Time of the group of the last record read.</summary>
    internal long TimeTicks { get; private set; }

    /// <summary>The segment of the last record read.</summary>
    internal Segment? Segment => _segment;

    /// <summary>A record can be read without looking at the file's state again.</summary>
    internal bool InGroup => _verified < _verifiedEnd || _recordsLeft > 0;

    /// <summary>The next record's payload, valid until the next call; false where there is none yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryRead(out ReadOnlySpan<byte> payload)
    {
        if (_verified >= _verifiedEnd && !TryVerifyNext())
        {
            payload = default;
            return false;
        }

        byte* record = _verified;
        int length = (int)RecordHeader.ReadLength(new ReadOnlySpan<byte>(record, RecordHeader.Size));
        _verified = record + FormatLimits.AlignField(length);
        NextSequence++;
        payload = new ReadOnlySpan<byte>(
            record + RecordHeader.Size, length - RecordHeader.Size);
        return true;
    }

    /// <summary>
    /// The next records, as they are encoded, as many as are at hand; of one group, valid until the
    /// next call. False where there is none yet.
    /// </summary>
    internal bool TryReadRun(out ReadOnlySpan<byte> records, out long offset)
    {
        if (_verified >= _verifiedEnd && !TryVerifyNext())
        {
            records = default;
            offset = 0;
            return false;
        }

        records = new ReadOnlySpan<byte>(_verified, (int)(_verifiedEnd - _verified));
        offset = _recordAt - records.Length;
        _verified = _verifiedEnd;
        NextSequence = _groupEnd - _recordsLeft;
        return true;
    }

    /// <summary>Goes into the next group that holds a record to be read; false where none is there.</summary>
    internal bool TryEnterGroup()
    {
        while (NextSequence <= _view.Limit(_upTo))
        {
            if (_segment is null && !TryEnterSegment())
            {
                return false;
            }

            // Sealed first: then the end read after it is final.
            bool isSealed = _segment!.IsSealed;
            long end = _segment.ReadableEnd;
            if (_groupAt >= end)
            {
                SegmentMap map = _view.Map;
                if (!isSealed || map.After(_segment.Header.SegmentId) is not { } after)
                {
                    return false;
                }

                // Else it would be entered again, and again; what was truncated meanwhile is not
                // missing.
                if (_groupSequence != _segment.LastSequence + 1
                    || (after.FirstSequence > NextSequence && NextSequence >= map.LowWaterSequence))
                {
                    throw Corrupt(
                        end,
                        $"the segment ends with sequence {_groupSequence - 1}; "
                        + $"{_segment.LastSequence} is named as its last, and the next one begins "
                        + $"with {after.FirstSequence}");
                }

                Leave();
                continue;
            }

            if (EnterGroup(end))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => Leave();

    /// <summary>Reads the header of the next group; false where it holds nothing to be read.</summary>
    private bool EnterGroup(long end)
    {
        // Asked before the header is read: what is settled then has been whole since.
        long settled = _segment!.SettledEnd;
        long shown = _view.Limit(_upTo);
        bool grows = _groupAt >= settled;
        if (grows || _grew)
        {
            LookAgain();
        }

        // Nothing that may change is kept in the window but for the one group that is looked at again.
        _grew = grows;
        end = grows ? end : settled;

        ReadOnlySpan<byte> head = _window!.Read(_groupAt, GroupHeader.Size, end);
        if (!_segment.Header.Identity.TryReadGroup(head, _groupAt, out GroupHeader group))
        {
            if (grows)
            {
                // It is being written with one record more: then it is whole again.
                Thread.SpinWait(16);
                return false;
            }

            throw Corrupt(_groupAt, $"no valid group where sequence {_groupSequence} must follow");
        }

        if (group.FirstSequence != _groupSequence || _groupAt + group.Length > end)
        {
            throw Corrupt(
                _groupAt,
                $"the group begins with sequence {group.FirstSequence}, not {_groupSequence}, or "
                + "is longer than what was written");
        }

        // Of a group that grows no more is sure to be there than was shown before it was read.
        _groupEnd = grows ? Math.Min(group.NextSequence, shown + 1) : group.NextSequence;
        if (!grows)
        {
            _groupAt = FormatLimits.AlignUp(_groupAt + group.Length, _segment.Header.Alignment);
            _groupSequence = group.NextSequence;
        }

        if (_groupEnd <= NextSequence)
        {
            return false;
        }

        TimeTicks = group.TimeTicks;
        _recordAt = group.Offset + GroupHeader.Size;
        _recordsLeft = (int)(_groupEnd - group.FirstSequence);
        _limit = end;
        return true;
    }

    /// <summary>Forgets what was read of a group that records may have been added to.</summary>
    private void LookAgain()
    {
        _window!.Invalidate();
        if (_readsPastCache && _segment!.IsCached)
        {
            // It was all past the cache when the segment was entered.
            _readsPastCache = false;
            FileWindow through = new(
                SegmentFileReader.Open(_files, _segment, pastCache: true), _segment.Header.Alignment);
            _window.Dispose();
            _window = through;
        }
    }

    /// <summary>Verifies at least the record of the next sequence; false where it is not there yet.</summary>
    private bool TryVerifyNext()
    {
        while (true)
        {
            if (_recordsLeft == 0 && !TryEnterGroup())
            {
                return false;
            }

            VerifyAhead();
            long first = _groupEnd - _recordsLeft - _verifiedCount;
            for (; first < NextSequence && _verified < _verifiedEnd; first++)
            {
                // Before the place asked for, in the same group.
                uint skipped = RecordHeader.ReadLength(
                    new ReadOnlySpan<byte>(_verified, RecordHeader.Size));
                _verified += FormatLimits.AlignField((int)skipped);
            }

            if (_verified < _verifiedEnd)
            {
                return true;
            }
        }
    }

    /// <summary>Verifies one record at least, and those behind it that are at hand.</summary>
    private void VerifyAhead()
    {
        long sequence = _groupEnd - _recordsLeft;
        ReadOnlySpan<byte> bytes = _window!.Read(_recordAt, RecordHeader.Size, _limit);
        int encoded = CheckLength(bytes, sequence);
        if (bytes.Length < encoded)
        {
            bytes = _window.Read(_recordAt, encoded, _limit);
        }

        if (bytes.Length < encoded
            || !RecordHeader.Verify(bytes, encoded, _saltState, _recordAt, sequence))
        {
            throw Corrupt(_recordAt, $"the checksum of record {sequence} does not match");
        }

        // One that fails is seen again when it is its turn.
        int end = encoded + RecordHeader.VerifyRun(
            bytes[encoded..],
            _saltState,
            _recordAt + encoded,
            sequence + 1,
            _recordsLeft - 1,
            RecordHeader.AheadBytes - encoded,
            out int more);
        _verified = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes));
        _verifiedEnd = _verified + end;
        _verifiedCount = 1 + more;
        _recordAt += end;
        _recordsLeft -= _verifiedCount;
    }

    /// <summary>Padded length of the record that begins there; nothing is read by it before.</summary>
    private int CheckLength(ReadOnlySpan<byte> bytes, long sequence)
    {
        if (bytes.Length < RecordHeader.Size)
        {
            throw Corrupt(_recordAt, $"the file ends within record {sequence}");
        }

        uint length = RecordHeader.ReadLength(bytes);
        return length - RecordHeader.Size <= FormatLimits.MaxPayloadBytes
            && length <= _limit - _recordAt
            ? FormatLimits.AlignField((int)length)
            : throw Corrupt(_recordAt, $"the length of record {sequence} is damaged");
    }

    /// <summary>Pins the segment of the next record and finds the group to start from.</summary>
    private bool TryEnterSegment()
    {
        for (bool polled = false; ;)
        {
            SegmentMap map = _view.Map;
            if (NextSequence < map.LowWaterSequence)
            {
                throw new TruncatedException(NextSequence, map.LowWaterSequence);
            }

            int index = map.IndexOf(NextSequence);
            if (index < 0)
            {
                throw new TruncatedException(NextSequence, map.LowWaterSequence);
            }

            Segment segment = map.Segments[index];
            if (!segment.TryPin())
            {
                // Retired between the look at the map and the pin: the next map is without it.
                continue;
            }

            try
            {
                Enter(segment);
                return true;
            }
            catch (Exception error)
            {
                Leave();
                if (polled || _view.Poll is not { } poll
                    || error is not (CorruptionException or StorageIOException))
                {
                    throw;
                }

                // A writer elsewhere may have truncated it: look again before believing it.
                poll();
                polled = true;
            }
        }
    }

    private void Enter(Segment segment)
    {
        _segment = segment;
        int alignment = segment.Header.Alignment;
        bool isSealed = segment.IsSealed;
        _readsPastCache = _view.ReadsPastCache && SegmentFileReader.IsPastCache(segment);
        IStorageFile file = SegmentFileReader.Open(_files, segment, _view.ReadsPastCache);
        _window = new FileWindow(file, alignment);
        _saltState = Crc32C.Append(Crc32C.Start, segment.Header.Salt);
        _groupAt = alignment;
        _groupSequence = segment.FirstSequence;
        _grew = false;
        RequireIdentity(segment);
        if (isSealed)
        {
            _window.AllowReadAhead(_scheduler, segment.ReadableEnd);
        }

        if (NextSequence == segment.FirstSequence)
        {
            return;
        }

        SparseIndex sparse = isSealed
            ? SegmentFileReader.LoadIndex(file, segment)
            : segment.Index ?? new SparseIndex();
        SparseEntry floor = sparse.Floor(NextSequence);
        if (floor.Offset != 0)
        {
            _groupAt = floor.Offset;
            _groupSequence = floor.Sequence;
        }
    }

    /// <summary>The file is still this segment: not one that a writer elsewhere made of it.</summary>
    private void RequireIdentity(Segment segment)
    {
        ReadOnlySpan<byte> head = _window!.Read(0, SegmentHeader.Size, segment.Header.Alignment);
        if (segment.Header.Identity.TryReadHeader(head, forWriting: false) is null)
        {
            throw Corrupt(0, $"the header of segment {segment.Header.SegmentId} is damaged");
        }
    }

    private void Leave()
    {
        _window?.Dispose();
        _window = null;
        _segment?.Unpin();
        _segment = null;
        _recordsLeft = 0;
        _verified = null;
        _verifiedEnd = null;
    }

    private CorruptionException Corrupt(long offset, string reason) =>
        new(_segment!.Path, offset, reason);
}
