namespace LogEngine.Stores;

/// <summary>Where the pieces of a blob are.</summary>
/// <param name="Upload">The upload that wrote them; 0: they are under the blob's own id.</param>
/// <param name="Length">Bytes of the blob.</param>
/// <param name="ChunkBytes">Bytes of each piece but the last.</param>
internal readonly record struct BlobHead(long Upload, long Length, int ChunkBytes)
{
    private const byte Layout = 1;

    internal byte[] ChunkKey(BlobId id, long index) => Upload == 0
        ? BlobKeys.DirectChunk(id, index)
        : BlobKeys.StagedChunk(Upload, index);

    /// <summary>Bytes of a piece.</summary>
    internal int LengthOfChunk(long index) =>
        (int)Math.Min(ChunkBytes, Length - (index * ChunkBytes));

    /// <summary>Adds the removal of all pieces.</summary>
    internal void DeleteChunks(WriteBatch batch, Keyspace keyspace, BlobId id) =>
        batch.DeleteRange(keyspace, ChunkKey(id, 0), ChunkKey(id, long.MaxValue));

    internal ReadOnlySpan<byte> Encode()
    {
        FieldWriter fields = new(Layout);
        fields.WriteNumber(Upload);
        fields.WriteNumber(Length);
        fields.WriteNumber(ChunkBytes);
        return fields.Written;
    }

    /// <exception cref="BlobDamagedException">It is no head.</exception>
    internal static BlobHead Decode(BlobId id, ReadOnlySpan<byte> value)
    {
        try
        {
            FieldReader fields = new(value, Layout);
            BlobHead head = new(
                fields.ReadNumber(), fields.ReadNumber(), checked((int)fields.ReadNumber()));
            fields.RequireEnd();
            return head is { Upload: >= 0, Length: >= 0, ChunkBytes: > 0 }
                ? head
                : throw new FormatException("a number is out of range");
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new BlobDamagedException(id, $"its head: {error.Message}", error);
        }
    }
}
