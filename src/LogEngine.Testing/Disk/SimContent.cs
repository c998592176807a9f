namespace LogEngine.Testing.Disk;

/// <summary>Bytes of a file: a length and pages that are shared with its copies.</summary>
internal sealed class SimContent
{
    private SimPage?[] _pages = [];
    private ulong _hash;

    internal long Length { get; private set; }

    /// <summary>Of length and bytes.</summary>
    internal ulong Hash
    {
        get
        {
            if (_hash == 0)
            {
                ulong hash = (ulong)Length + 1;
                int pages = (int)((Length + SimPage.Size - 1) / SimPage.Size);
                for (int i = 0; i < pages && i < _pages.Length; i++)
                {
                    if (_pages[i] is { } page)
                    {
                        hash += SimPage.Mix((ulong)i, page.Hash);
                    }
                }

                _hash = SimPage.Mix(hash, (ulong)Length) | 1;
            }

            return _hash;
        }
    }

    internal SimContent Clone() => new() { _pages = [.. _pages], Length = Length, _hash = _hash };

    internal SimPage? Page(long index) => index < _pages.Length ? _pages[index] : null;

    internal void SetPage(long index, SimPage? page)
    {
        if (page is null && index >= _pages.Length)
        {
            return;
        }

        EnsurePages(index + 1);
        _pages[index] = page;
        _hash = 0;
    }

    internal int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (int done = 0; done < count;)
        {
            long at = offset + done;
            int within = (int)(at % SimPage.Size);
            Span<byte> part = buffer[done..Math.Min(count, done + SimPage.Size - within)];
            if (Page(at / SimPage.Size) is { } page)
            {
                page.Bytes.AsSpan(within, part.Length).CopyTo(part);
            }
            else
            {
                part.Clear();
            }

            done += part.Length;
        }

        return count;
    }

    /// <summary>Replaces bytes; says nothing of the length.</summary>
    internal void Put(ReadOnlySpan<byte> bytes, long offset)
    {
        for (int done = 0; done < bytes.Length;)
        {
            long at = offset + done;
            int within = (int)(at % SimPage.Size);
            int length = Math.Min(bytes.Length - done, SimPage.Size - within);
            long index = at / SimPage.Size;
            ReadOnlySpan<byte> part = bytes.Slice(done, length);
            SetPage(
                index,
                length == SimPage.Size
                    ? SimPage.Of(part)
                    : SimPage.Patch(Page(index), within, part));
            done += length;
        }
    }

    internal void Extend(long length)
    {
        if (length > Length)
        {
            Length = length;
            _hash = 0;
        }
    }

    /// <summary>Cuts, and forgets what lies behind; or extends with zeros.</summary>
    internal void SetLength(long length)
    {
        if (length < Length)
        {
            long whole = length / SimPage.Size;
            int rest = (int)(length % SimPage.Size);
            if (rest != 0 && Page(whole) is { } page)
            {
                SetPage(whole, SimPage.Patch(page, rest, new byte[SimPage.Size - rest]));
                whole++;
            }
            else if (rest != 0)
            {
                whole++;
            }

            if (whole < _pages.Length)
            {
                Array.Clear(_pages, (int)whole, _pages.Length - (int)whole);
            }
        }

        Length = length;
        _hash = 0;
    }

    private void EnsurePages(long count)
    {
        if (count > _pages.Length)
        {
            long more = Math.Max(count, Math.Min(_pages.Length * 2L, count + 64));
            Array.Resize(ref _pages, (int)more);
        }
    }
}
