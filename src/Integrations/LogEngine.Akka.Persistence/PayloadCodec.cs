using Akka.Actor;
using Akka.Serialization;

namespace LogEngine.Akka.Persistence;

/// <summary>Events and snapshots as the serializers of an actor system write them. Thread-safe.</summary>
/// <param name="system">The actor system.</param>
/// <param name="serializer">Name of the serializer for types that no binding names; null for the system's.</param>
internal sealed class PayloadCodec(ExtendedActorSystem system, string? serializer)
{
    internal StoredPayload Encode(object payload)
    {
        Serializer by = system.Serialization.FindSerializerForType(payload.GetType(), serializer);

        // References to actors in it are written with the address of this system.
        byte[] bytes = Serialization.WithTransport(system, () => by.ToBinary(payload));
        return new StoredPayload(by.Identifier, Serialization.ManifestFor(by, payload) ?? "", bytes);
    }

    internal object Decode(StoredPayload payload) =>
        system.Serialization.Deserialize(payload.Bytes, payload.SerializerId, payload.Manifest);
}
