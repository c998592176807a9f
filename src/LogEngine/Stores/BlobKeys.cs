using System.Buffers.Binary;

namespace LogEngine.Stores;

/// <summary>
/// Keys of a <see cref="BlobStore"/>: a tag, then what it says. Bytes: docs/stores.md.
/// </summary>
internal static class BlobKeys
{
    private const byte HeadTag = 1;
    private const byte MetadataTag = 2;
    private const byte ReferenceTag = 3;
    private const byte TouchTag = 4;
    private const byte DirectTag = 5;
    private const byte StagedTag = 6;
    private const byte UploadTag = 7;
    private const byte CounterTag = 8;
    private const byte NameTag = 9;

    /// <summary>
    /// In front of the name in a reference by name. No owner's name begins so: UTF-8 has no such byte. So it is
    /// among the references of its blob, and no owner's.
    /// </summary>
    private const byte NamedMark = 0xFF;

    /// <summary>The key whose writes number the uploads.</summary>
    internal static byte[] Counter { get; } = [CounterTag];

    /// <summary>All heads.</summary>
    internal static ScanRange Heads { get; } =
        new(new byte[] { HeadTag }, new byte[] { HeadTag + 1 });

    /// <summary>All marks of uploads that are not published.</summary>
    internal static ScanRange Uploads { get; } =
        new(new byte[] { UploadTag }, new byte[] { UploadTag + 1 });

    /// <summary>Says that the blob is there, and where its pieces are.</summary>
    internal static byte[] Head(BlobId id) => WithId(HeadTag, id, 0);

    /// <summary>What describes it.</summary>
    internal static byte[] Metadata(BlobId id) => WithId(MetadataTag, id, 0);

    /// <summary>
    /// Written with each reference, so that a collection sees that one was added.
    /// </summary>
    internal static byte[] Touch(BlobId id) => WithId(TouchTag, id, 0);

    /// <summary>A reference by its owner's name.</summary>
    internal static byte[] Reference(BlobId id, ReadOnlySpan<byte> owner)
    {
        byte[] key = WithId(ReferenceTag, id, owner.Length);
        owner.CopyTo(key.AsSpan(1 + BlobId.Size));
        return key;
    }

    /// <summary>All references to a blob.</summary>
    internal static ScanRange References(BlobId id) =>
        ScanRange.Prefix(WithId(ReferenceTag, id, 0));

    /// <summary>Those that owners have.</summary>
    internal static ScanRange ReferencesOfOwners(BlobId id) =>
        References(id) with { To = Reference(id, [NamedMark]) };

    /// <summary>Those that names have.</summary>
    internal static ScanRange ReferencesOfNames(BlobId id) =>
        ScanRange.Prefix(Reference(id, [NamedMark]));

    /// <summary>The reference of a name.</summary>
    internal static byte[] NamedReference(BlobId id, string name) =>
        Reference(id, [NamedMark, .. NameBytes(name)]);

    /// <summary>Which blob a name points at.</summary>
    internal static byte[] Name(string name) => [NameTag, .. NameBytes(name)];

    /// <summary>The names that begin with a text.</summary>
    internal static ScanRange Names(string prefix) => ScanRange.Prefix(
        (byte[])[NameTag, .. StoreNames.EncodeAny(prefix, "A prefix of names", nameof(prefix))]);

    /// <exception cref="UndecodableValueException">It is no key of a name.</exception>
    internal static string NameOf(ReadOnlySpan<byte> key) => StoreNames.DecodeKey(key, 1);

    /// <exception cref="UndecodableValueException">It is no reference of a name.</exception>
    internal static string NameOfReference(ReadOnlySpan<byte> key) =>
        StoreNames.DecodeKey(key, 2 + BlobId.Size);

    /// <summary>A piece of a blob that was written in one batch.</summary>
    internal static byte[] DirectChunk(BlobId id, long index)
    {
        byte[] key = WithId(DirectTag, id, sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1 + BlobId.Size), index);
        return key;
    }

    /// <summary>A piece of an upload.</summary>
    internal static byte[] StagedChunk(long upload, long index)
    {
        byte[] key = new byte[1 + (2 * sizeof(long))];
        key[0] = StagedTag;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), upload);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1 + sizeof(long)), index);
        return key;
    }

    /// <summary>Says that an upload is not published.</summary>
    internal static byte[] Upload(long upload)
    {
        byte[] key = new byte[1 + sizeof(long)];
        key[0] = UploadTag;
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), upload);
        return key;
    }

    /// <exception cref="UndecodableValueException">It is no key of a head.</exception>
    internal static BlobId IdOf(ReadOnlySpan<byte> key) => key.Length == 1 + BlobId.Size
        ? new BlobId(key[1..])
        : throw UndecodableValueException.OfKey(key, "a head's key is a tag and an id");

    /// <exception cref="UndecodableValueException">It is no key of a reference.</exception>
    internal static string OwnerOf(ReadOnlySpan<byte> key) =>
        StoreNames.DecodeKey(key, 1 + BlobId.Size);

    /// <exception cref="UndecodableValueException">It is no key of an upload.</exception>
    internal static long UploadOf(ReadOnlySpan<byte> key) => key.Length == 1 + sizeof(long)
        ? BinaryPrimitives.ReadInt64BigEndian(key[1..])
        : throw UndecodableValueException.OfKey(key, "an upload's key is a tag and a number");

    private static byte[] NameBytes(string name) =>
        StoreNames.Encode(name, "A blob's name", nameof(name));

    private static byte[] WithId(byte tag, BlobId id, int more)
    {
        byte[] key = new byte[1 + BlobId.Size + more];
        key[0] = tag;
        id.CopyTo(key.AsSpan(1));
        return key;
    }
}
