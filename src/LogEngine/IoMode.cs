namespace LogEngine;

/// <summary>How log files are written.</summary>
public enum IoMode
{
    /// <summary>Direct where a probe in the directory passes, buffered elsewhere. The default.</summary>
    Auto = 0,

    /// <summary>
    /// Aligned writes past the page cache with a data-sync flag on each write. Opening fails where
    /// the probe does not pass.
    /// </summary>
    Direct = 1,

    /// <summary>Positional writes through the page cache, followed by a data sync.</summary>
    Buffered = 2,
}
