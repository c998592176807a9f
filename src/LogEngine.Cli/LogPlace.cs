namespace LogEngine.Cli;

/// <summary>Says clearly what is wrong with a directory before anything is opened in it.</summary>
internal static class LogPlace
{
    internal static void Require(string directory, string what = "log")
    {
        if (File.Exists(directory))
        {
            throw new IOException($"'{directory}' is a file, not the directory of a {what}");
        }

        if (!Directory.Exists(directory))
        {
            throw new StorageNotFoundException($"the directory '{directory}' does not exist");
        }

        bool any = Directory.EnumerateFiles(directory, "manifest-*").Any()
            || Directory.EnumerateFiles(directory, "*.seg").Any();
        if (!any)
        {
            throw new StorageNotFoundException($"there is no {what} in '{directory}'");
        }
    }
}
