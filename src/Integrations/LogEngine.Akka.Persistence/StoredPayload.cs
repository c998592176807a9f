namespace LogEngine.Akka.Persistence;

/// <summary>An event's or a snapshot's own bytes, and what reads them again.</summary>
/// <param name="SerializerId">The id of Akka's serializer that wrote them.</param>
/// <param name="Manifest">What that needs to know of the type; empty for nothing.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record StoredPayload(int SerializerId, string Manifest, byte[] Bytes);
