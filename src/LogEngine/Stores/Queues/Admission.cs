namespace LogEngine.Stores.Queues;

/// <summary>What a commit of messages does besides putting them.</summary>
/// <param name="Dropped">Messages that make room; they go in the same batch.</param>
/// <param name="ReserveTo">Ids up to here are reserved by the batch; 0 for none.</param>
internal sealed record Admission(IReadOnlyList<Lease> Dropped, long ReserveTo);
