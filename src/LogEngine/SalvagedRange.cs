namespace LogEngine;

/// <summary>Records that were copied without a gap: their sequences then and now.</summary>
/// <param name="Source">Sequences in the damaged log.</param>
/// <param name="Target">Sequences in the new log; as many.</param>
public readonly record struct SalvagedRange(SequenceRange Source, SequenceRange Target);
