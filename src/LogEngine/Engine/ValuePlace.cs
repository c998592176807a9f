namespace LogEngine.Engine;

/// <summary>Where a value lies in the file of its segment.</summary>
/// <param name="Offset">Offset in the file.</param>
/// <param name="Length">Bytes of the value.</param>
internal readonly record struct ValuePlace(long Offset, int Length);
