namespace LogEngine.Testing.Disk;

/// <summary>A change of a file that no sync has made durable yet.</summary>
/// <param name="Order">Number of the operation that made it: program order over all files.</param>
internal abstract record DataChange(long Order);

/// <summary>Bytes written.</summary>
internal sealed record WrittenBytes(long Order, long Offset, ReadOnlyMemory<byte> Bytes)
    : DataChange(Order)
{
    private SimPage?[]? _pages;

    internal long End => Offset + Bytes.Length;

    /// <summary>
    /// The page of that number among the written ones, all of which are whole pages.
    /// </summary>
    internal SimPage? WholePage(int number)
    {
        _pages ??= [.. Enumerable.Range(0, Bytes.Length / SimPage.Size).Select(
            i => SimPage.Of(Bytes.Span.Slice(i * SimPage.Size, SimPage.Size)))];
        return _pages[number];
    }
}

/// <summary>The file grew to a length.</summary>
/// <param name="Order">Number of the operation.</param>
/// <param name="Length">The new length.</param>
/// <param name="Allocated">
/// By reserving space, which reads as zeros; otherwise by a write, whose blocks may show what they
/// held before if the length reaches the disk and the bytes do not.
/// </param>
internal sealed record Extended(long Order, long Length, bool Allocated) : DataChange(Order);

/// <summary>The length was set: cut, or extended with zeros.</summary>
internal sealed record LengthSet(long Order, long Length) : DataChange(Order);
