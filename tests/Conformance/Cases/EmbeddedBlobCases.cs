using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance.Cases;

/// <summary>Blobs, beyond the contract of an engine: damage in files.</summary>
internal static class EmbeddedBlobCases
{
    private const string Store = "BlobStore";
    private static readonly BlobDescription Text = new("text/plain");

    [Case(Store, "get")]
    internal static async Task Get_tells_four_errors_apart(StoreSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        BlobId bare = (await blobs.PutAsync("bare"u8.ToArray(), Text)).Id;
        BlobId odd = (await blobs.PutAsync("odd"u8.ToArray(), Text)).Id;
        BlobId damaged = (await blobs.PutAsync("to be damaged"u8.ToArray(), Text)).Id;
        BlobId cut = (await blobs.PutAsync(new MemoryStream(Listing.Bytes(1, 2000)), Text)).Id;
        Keyspace raw = s.Engine.GetStoreKeyspace("blobs/blobs");
        await raw.DeleteAsync(Key(2, bare));
        await raw.PutAsync(Key(2, odd), "no metadata"u8.ToArray());
        await s.DamageAsync("to be damaged"u8.ToArray());
        for (int i = 0; i < 2; i++)
        {
            blobs = await s.BlobsAsync();
            await Assert.ThrowsAsync<StorageNotFoundException>(
                async () => await blobs.GetAsync(BlobId.Of("unknown"u8)));
            Assert.Equal(bare, (await Assert.ThrowsAsync<BlobMetadataMissingException>(
                async () => await blobs.GetAsync(bare))).Id);
            await Assert.ThrowsAsync<UndecodableValueException>(
                async () => await blobs.GetAsync(odd));
            BlobDamagedException error = await Assert.ThrowsAsync<BlobDamagedException>(
                async () => await blobs.GetAsync(damaged));
            Assert.True(((CorruptionException)error.InnerException!).Offset > 0);
            Assert.Equal(13, (await blobs.GetMetadataAsync(damaged)).Length);
            await s.StepAsync();
        }

        // A piece that is gone is damage too, not the end.
        StoredBlob reference = (await (await s.BlobsAsync()).ListAsync(
            await ViewWithoutAsync(s, bare, odd)).ToListAsync()).Single(b => b.Id == cut);
        await DropOnePieceAsync(s);
        await Assert.ThrowsAsync<BlobDamagedException>(
            async () => await (await s.BlobsAsync()).VerifyAsync(reference.Id));
    }

    [Case(Store, "cache")]
    internal static async Task Metadata_survives_reopening_and_is_read_without_the_bytes(
        StoreSession s)
    {
        BlobDescription description = new("image/png", 1, 2, "label");
        BlobStore blobs = await s.BlobsAsync();
        StoredBlob put = await blobs.PutAsync("bytes of it"u8.ToArray(), description);
        await s.DamageAsync("bytes of it"u8.ToArray());
        blobs = await s.BlobsAsync();
        Assert.Equal(put.Metadata, await blobs.GetMetadataAsync(put.Id));
        Assert.Equal([put], await blobs.ListAsync().ToListAsync());
        await Assert.ThrowsAsync<BlobDamagedException>(
            async () => await blobs.GetAsync(put.Id));
        await s.StepAsync();
        Assert.Equal(put.Metadata, await (await s.BlobsAsync()).GetMetadataAsync(put.Id));
    }

    private static byte[] Key(byte tag, BlobId id)
    {
        byte[] key = new byte[33];
        key[0] = tag;
        id.CopyTo(key.AsSpan(1));
        return key;
    }

    private static async Task<EmbeddedReadView?> ViewWithoutAsync(StoreSession s, BlobId bare, BlobId odd)
    {
        BlobStore blobs = await s.BlobsAsync();
        Assert.True(await blobs.DeleteAsync(bare));
        Assert.True(await blobs.DeleteAsync(odd));
        return null;
    }

    private static async Task DropOnePieceAsync(StoreSession s)
    {
        Keyspace raw = s.Engine.GetStoreKeyspace("blobs/blobs");
        byte[]? piece = null;
        using (KeyScan scan = raw.Scan(ScanRange.Prefix(new byte[] { 6 }) with { KeysOnly = true }))
        {
            Assert.True(await scan.MoveNextAsync());
            Assert.True(await scan.MoveNextAsync());
            piece = scan.Key.ToArray();
        }

        await raw.DeleteAsync(piece);
    }
}
