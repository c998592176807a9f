using System.Globalization;

namespace LogEngine.Orleans;

/// <summary>An ETag is the version of a row, the number of the commit that wrote it, in decimal digits.</summary>
internal static class ETags
{
    internal static string Of(long version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// The version that an ETag stands for; 0, absent, for none. False where no row can ever have it.
    /// </summary>
    internal static bool TryParse(string? etag, out long version)
    {
        if (string.IsNullOrEmpty(etag))
        {
            version = 0;
            return true;
        }

        return long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out version)
            && version > 0
            && Of(version) == etag;
    }
}
