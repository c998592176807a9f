namespace LogEngine.Testing.Disk;

/// <summary>A change of a directory that no sync has made durable yet.</summary>
/// <param name="Order">Number of the operation that made it.</param>
/// <param name="Removed">Name that goes; null for none.</param>
/// <param name="Added">Name that comes, or gets another file; null for none.</param>
/// <param name="Inode">The file of the added name.</param>
internal sealed record DirectoryChange(long Order, string? Removed, string? Added, SimInode? Inode)
{
    internal bool IsRename => Removed is not null && Added is not null;

    internal void ApplyTo(IDictionary<string, SimInode> names)
    {
        if (Removed is not null)
        {
            names.Remove(Removed);
        }

        if (Added is not null)
        {
            names[Added] = Inode!;
        }
    }
}
