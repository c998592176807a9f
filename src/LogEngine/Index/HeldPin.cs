namespace LogEngine.Index;

/// <summary>A pinned generation, as the writer sees it.</summary>
internal struct HeldPin
{
    internal long Generation;

    /// <summary>
    /// How many pins hold it; at 0 it goes as soon as no read on it is under way.
    /// </summary>
    internal int Holders;

    /// <summary>The retired pages that wait for this pin, linked through their headers.</summary>
    internal uint FirstPage;
}
