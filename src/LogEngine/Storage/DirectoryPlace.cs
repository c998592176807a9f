namespace LogEngine.Storage;

/// <summary>Where a directory really is, however its path is written.</summary>
internal static class DirectoryPlace
{
    /// <summary>
    /// Whether a path is a directory, or lies in it: through whatever links, and in whatever letters
    /// where the file system makes no difference. What is missing of the path lies in what is there.
    /// </summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">A full path; it need not exist.</param>
    /// <param name="directory">What the directory is.</param>
    internal static bool LiesIn(IFileSystem files, string path, FileIdentity directory)
    {
        string? at = Path.TrimEndingDirectorySeparator(path);
        FileIdentity? found;
        while ((found = files.TryIdentify(at)) is null)
        {
            at = Path.GetDirectoryName(at);
            if (at is null)
            {
                return false;
            }
        }

        // Upwards as the file system goes up, not the text: a link leads somewhere else.
        while (!found.Value.IsSame(directory))
        {
            at = Path.Join(at, "..");
            FileIdentity? parent = files.TryIdentify(at);
            if (parent is not { } above || above.IsSame(found.Value))
            {
                return false;
            }

            found = parent;
        }

        return true;
    }
}
