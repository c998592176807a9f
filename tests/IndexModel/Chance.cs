namespace LogEngine.IndexModel;

/// <summary>SplitMix64 as a stream: a few instructions a number, the same everywhere.</summary>
internal struct Chance(ulong seed)
{
    private ulong _state = seed;

    internal ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 up to and without a number.</summary>
    internal int Below(int end) => (int)(((Next() >> 32) * (ulong)end) >> 32);

    internal bool OneIn(int many) => Below(many) == 0;
}
