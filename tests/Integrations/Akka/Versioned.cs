using System.Text;
using Akka.Serialization;

namespace LogEngine.AkkaTests;

/// <summary>An event with a serializer of its own, which writes a manifest, and with a reference to an actor.</summary>
public sealed record Versioned(string Text, IActorRef Actor)
{
    /// <summary>The manifest that it was read with; empty for one that was not read.</summary>
    public string Read { get; init; } = "";
}

/// <summary>Writes <see cref="Versioned"/>.</summary>
public sealed class VersionedSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => 77_001;

    /// <inheritdoc/>
    public override string Manifest(object o) => "v2";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        Versioned versioned = (Versioned)obj;
        return Encoding.UTF8.GetBytes($"{versioned.Text}|{Serialization.SerializedActorPath(versioned.Actor)}");
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        string[] parts = Encoding.UTF8.GetString(bytes).Split('|');
        return new Versioned(parts[0], system.Provider.ResolveActorRef(parts[1])) { Read = manifest };
    }
}
