using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LogEngine.Index;

/// <summary>Where all pages live: native memory in chunks that never move.</summary>
/// <remarks>
/// Allocating and freeing is the writer's; any thread may look at a page that it may read. Page 0
/// is none.
/// </remarks>
internal sealed unsafe class PageArena : IDisposable
{
    /// <summary>Searches may read a few bytes behind the last page.</summary>
    private const int SlackBytes = 64;

    /// <summary>Huge pages need their own alignment, where the system gives them.</summary>
    private const int ChunkAlignment = 2 << 20;

    /// <summary>What freed memory is overwritten with, if that is asked for.</summary>
    internal const byte Poison = 0xDD;

    private readonly int _chunkShift;
    private readonly uint _chunkMask;
    private readonly int _chunkBytes;
    private readonly int _maxChunks;
    private readonly bool _poison;
    private readonly Action<nint, nint>? _chunkAdvice;
    private readonly FreePages _free;
    private readonly Prefaulter? _prefaulter;

    /// <summary>The chunks' addresses; of a fixed size, so readers need no care.</summary>
    private byte** _chunks;
    private int _chunkCount;

    /// <summary>The first page that was never given out.</summary>
    private uint _next = 1;
    private uint _limit;

    internal PageArena(IndexOptions options)
    {
        _chunkBytes = options.ChunkBytes;
        _maxChunks = options.MaxChunks;
        int pages = options.ChunkBytes / Page.Size;
        _chunkShift = int.TrailingZeroCount(pages);
        _chunkMask = (uint)pages - 1;
        _poison = options.PoisonFreedPages;
        _chunkAdvice = options.ChunkAdvice;
        _free = new FreePages(oldestFirst: _poison);
        _chunks = (byte**)NativeMemory.AllocZeroed((nuint)_maxChunks, (nuint)sizeof(byte*));
        if (options.MaxPrefaultBytes > 0)
        {
            _prefaulter = new Prefaulter(this, options.MaxPrefaultBytes / Page.Size);
        }
    }

    ~PageArena() => Free();

    /// <summary>Whether what is given up is overwritten.</summary>
    internal bool Poisons => _poison;

    /// <summary>Bytes of address space taken from the system.</summary>
    internal long ReservedBytes => (long)Volatile.Read(ref _chunkCount) * _chunkBytes;

    /// <summary>Pages that were ever used.</summary>
    internal long TouchedPages => Volatile.Read(ref _next) - 1;

    /// <summary>Pages that were used and are free now.</summary>
    internal long FreeCount => _free.Count;

    /// <summary>The first page behind the address space that is taken. The writer's.</summary>
    internal uint Limit => _limit;

    internal Page this[uint id]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_chunks[id >> _chunkShift] + ((nuint)(id & _chunkMask) * Page.Size));
    }

    /// <summary>
    /// Makes sure that so many allocations cannot fail: a change of the tree must not stop midway.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EnsureAvailable(int pages)
    {
        if (_free.Count + (_limit - (long)_next) < pages)
        {
            Grow(pages);
        }
    }

    /// <summary>A page with undefined content.</summary>
    internal uint Allocate()
    {
        if (_free.TryTake(out uint id))
        {
            return id;
        }

        if (_next >= _limit)
        {
            Grow(1);
        }

        id = _next;
        Volatile.Write(ref _next, id + 1);
        _prefaulter?.Used(id);
        return id;
    }

    internal void Release(uint id)
    {
        if (_poison)
        {
            new Span<byte>(this[id].Start, Page.Size).Fill(Poison);
        }

        _free.Add(id);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prefaulter?.Stop();
        _free.Dispose();
        Free();
        GC.SuppressFinalize(this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int pages)
    {
        ObjectDisposedException.ThrowIf(_chunks is null, this);
        uint target = checked(_limit + (uint)pages);
        while (_limit < target)
        {
            IndexInvariant.Require(
                _chunkCount < _maxChunks && _limit <= uint.MaxValue - _chunkMask - 1,
                "page numbers are left");
            byte* chunk = (byte*)NativeMemory.AlignedAlloc(
                (nuint)_chunkBytes + SlackBytes,
                (nuint)Math.Min(ChunkAlignment, _chunkBytes));
            _chunkAdvice?.Invoke((nint)chunk, _chunkBytes);
            _chunks[_chunkCount] = chunk;
            Volatile.Write(ref _chunkCount, _chunkCount + 1);
            _limit += _chunkMask + 1;
        }
    }

    private void Free()
    {
        if (_chunks is null)
        {
            return;
        }

        for (int i = 0; i < _chunkCount; i++)
        {
            NativeMemory.AlignedFree(_chunks[i]);
        }

        NativeMemory.Free(_chunks);
        _chunks = null;
        _chunkCount = 0;
    }
}
