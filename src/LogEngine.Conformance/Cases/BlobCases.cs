using System.IO.Pipelines;

namespace LogEngine.Conformance.Cases;

internal static class BlobCases
{
    private const string Store = "BlobStore";
    private static readonly BlobDescription Text = new("text/plain");
    private static readonly DateTimeOffset Ever = DateTimeOffset.MaxValue;

    [Case(Store, "put")]
    internal static async Task Put_stores_bytes_under_their_hash_with_metadata(ConformanceSession s)
    {
        BlobDescription picture = new("image/png", 640, 480, "a picture");
        byte[] content = "hello"u8.ToArray();
        StoredBlob put = await (await s.BlobsAsync()).PutAsync(content, picture);
        Assert.Equal(
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            put.Id.ToString());
        Assert.Equal(BlobId.Parse(put.Id.ToString()), put.Id);
        await s.StepAsync();
        Blob found = await (await s.BlobsAsync()).GetAsync(put.Id);
        Assert.Equal(content, found.Content.ToArray());
        Assert.Equal(picture, found.Metadata.Description);
        Assert.Equal(5, found.Metadata.Length);
        Assert.Equal(put.Metadata, found.Metadata);
        StoredBlob empty = await (await s.BlobsAsync())
            .PutAsync(default(ReadOnlyMemory<byte>), Text);
        await s.StepAsync();
        Assert.Equal(0, (await (await s.BlobsAsync()).GetAsync(empty.Id)).Content.Length);
    }

    [Case(Store, "put")]
    internal static async Task Put_streams_and_pipes_are_hashed_while_written(ConformanceSession s)
    {
        foreach (int length in (int[])[0, 599, 600, 601, 1200, 5000, 12_345])
        {
            byte[] content = Listing.Bytes(length, length);
            BlobStore blobs = await s.BlobsAsync();
            StoredBlob streamed = await blobs.PutAsync(new Trickle(content), Text);
            Assert.Equal(BlobId.Of(content), streamed.Id);
            await s.StepAsync();
            blobs = await s.BlobsAsync();
            Assert.Equal(content, (await blobs.GetAsync(streamed.Id)).Content.ToArray());
            Assert.True(await blobs.DeleteAsync(streamed.Id));

            Pipe pipe = new(new PipeOptions(
                readerScheduler: PipeScheduler.Inline,
                writerScheduler: PipeScheduler.Inline,
                pauseWriterThreshold: 0,
                useSynchronizationContext: false));
            await pipe.Writer.WriteAsync(content);
            await pipe.Writer.CompleteAsync();
            Assert.Equal(streamed.Id, (await blobs.PutAsync(pipe.Reader, Text)).Id);
            await s.StepAsync();
            await (await s.BlobsAsync()).VerifyAsync(streamed.Id);
        }

        Assert.Equal(7, (await (await s.BlobsAsync()).ListAsync().ToListAsync()).Count);
    }

    [Case(Store, "put again")]
    internal static async Task Put_again_stores_once_and_replaces_the_metadata(ConformanceSession s)
    {
        byte[] content = Listing.Bytes(1, 5000);
        BlobId id = (await (await s.BlobsAsync()).PutAsync(new MemoryStream(content), Text)).Id;
        await s.StepAsync();
        long keys = KeysOf(s);
        BlobDescription other = new("image/png", Label: "again");
        StoredBlob again = await (await s.BlobsAsync())
            .PutAsync(new MemoryStream(content), other);
        Assert.Equal(id, again.Id);
        await s.StepAsync();
        Assert.Equal(keys, KeysOf(s));
        Blob found = await (await s.BlobsAsync()).GetAsync(id);
        Assert.Equal(other, found.Metadata.Description);
        Assert.Equal(content, found.Content.ToArray());
    }

    [Case(Store, "put again")]
    internal static async Task Puts_of_the_same_content_that_race_store_it_once(ConformanceSession s)
    {
        byte[] large = Listing.Bytes(1, 3000);
        byte[] small = Listing.Bytes(2, 100);
        BlobStore one = await s.BlobsAsync();
        BlobStore other = await s.BlobsAsync();
        await one.PutAsync(new MemoryStream(Listing.Bytes(3, 3000)), Text);
        long before = KeysOf(s);
        await s.AtOnceAsync(64, async task =>
        {
            BlobStore blobs = task % 2 == 0 ? one : other;
            byte[] content = task % 4 < 2 ? large : small;
            StoredBlob put = await blobs.PutAsync(
                new MemoryStream(content), new BlobDescription("a/b", Label: $"{task}"));
            Assert.Equal(BlobId.Of(content), put.Id);
            Assert.Equal(content, (await blobs.GetAsync(put.Id)).Content.ToArray());
        });
        await s.StepAsync();

        // Of the large one five pieces, of the small one one; head and metadata of each.
        Assert.Equal(before + 5 + 1 + 4, KeysOf(s));
        BlobStore blobs = await s.BlobsAsync();
        Assert.Equal(large, (await blobs.GetAsync(BlobId.Of(large))).Content.ToArray());
        Assert.Equal(small, (await blobs.GetAsync(BlobId.Of(small))).Content.ToArray());
    }

    [Case(Store, "get")]
    internal static async Task Get_reads_ranges_and_streams(ConformanceSession s)
    {
        byte[] content = Listing.Bytes(1, 4321);
        BlobId id = (await (await s.BlobsAsync()).PutAsync(new MemoryStream(content), Text)).Id;
        await s.StepAsync();
        BlobStore blobs = await s.BlobsAsync();
        foreach ((int offset, int? length) in
            ((int, int?)[])[(0, null), (0, 1), (599, 2), (600, 600), (4321, null), (4000, 9999)])
        {
            await using Stream stream = await blobs.OpenReadAsync(id, offset, length);
            int expected = Math.Min(length ?? int.MaxValue, content.Length - offset);
            Assert.Equal(expected, stream.Length);
            MemoryStream copy = new();
            await stream.CopyToAsync(copy);
            Assert.Equal(content[offset..(offset + expected)], copy.ToArray());
        }

        await using Stream seekable = await blobs.OpenReadAsync(id);
        Assert.True(await blobs.DeleteAsync(id));
        seekable.Seek(-1, SeekOrigin.End);
        Assert.Equal(content[^1], seekable.ReadByte());
        Assert.Equal(-1, seekable.ReadByte());
        seekable.Position = 1234;
        byte[] some = new byte[50];
        seekable.ReadExactly(some);
        Assert.Equal(content[1234..1284], some);
        Assert.Throws<NotSupportedException>(() => seekable.WriteByte(1));
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await blobs.OpenReadAsync(id));
        BlobId next = (await blobs.PutAsync("abc"u8.ToArray(), Text)).Id;
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await blobs.OpenReadAsync(next, 4));
    }

    [Case(Store, "atomicity")]
    internal static async Task A_failed_put_leaves_the_old_state_and_no_litter(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        await blobs.PutAsync(new MemoryStream(Listing.Bytes(9, 2000)), Text);
        long before = KeysOf(s);
        byte[] content = Listing.Bytes(1, 5000);
        await Assert.ThrowsAsync<IOException>(
            async () => await blobs.PutAsync(new Trickle(content, failAt: 4000), Text));
        Assert.False(blobs.Contains(BlobId.Of(content)));
        Assert.Equal(before, KeysOf(s));
        using CancellationTokenSource cancelled = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await blobs.PutAsync(
                new Trickle(content, cancelAt: 3000, cancel: cancelled),
                Text,
                cancellationToken: cancelled.Token));
        Assert.Equal(before, KeysOf(s));

        // A power loss may bring back what a failed put had written and removed, with its mark.
        await s.StepAsync();
        Assert.Single(await (await s.BlobsAsync()).ListAsync().ToListAsync());
        Assert.Equal(before, KeysOf(s));
    }

    [Case(Store, "stale litter")]
    internal static async Task Leftovers_of_a_crashed_put_are_swept_and_do_no_harm(ConformanceSession s)
    {
        byte[] content = Listing.Bytes(1, 9000);
        BlobStore blobs = await s.BlobsAsync();
        await blobs.PutAsync(new MemoryStream(Listing.Bytes(9, 2000)), Text);
        long before = KeysOf(s);
        using CancellationTokenSource never = new();
        Trickle stuck = new(content, stopAt: 8000);
        Task<StoredBlob> put = blobs.PutAsync(stuck, Text).AsTask();
        await stuck.Stopped;
        await s.Engine.FlushAsync();
        Assert.True(KeysOf(s) > before);

        // A second object of the same life does not sweep what is on its way.
        await s.BlobsAsync();
        Assert.True(KeysOf(s) > before);
        await s.StepAsync();
        _ = put.ContinueWith(task => task.Exception, TaskScheduler.Default);
        Assert.True(KeysOf(s) > before);
        blobs = await s.BlobsAsync();
        Assert.Equal(before, KeysOf(s));
        Assert.False(blobs.Contains(BlobId.Of(content)));
        BlobId id = (await blobs.PutAsync(new MemoryStream(content), Text)).Id;
        await s.StepAsync();
        await (await s.BlobsAsync()).VerifyAsync(id);
    }

    [Case(Store, "cache")]
    internal static async Task Delete_and_collection_remove_what_nothing_refers_to(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        MemoryStream content = new(Listing.Bytes(1, 2000));
        BlobId kept = (await blobs.PutAsync(content, Text, "doc")).Id;
        BlobId loose = (await blobs.PutAsync(new MemoryStream(Listing.Bytes(2, 1500)), Text)).Id;
        BlobId twice = (await blobs.PutAsync("twice"u8.ToArray(), Text, "a")).Id;
        await blobs.AddReferenceAsync(twice, "b");
        await blobs.AddReferenceAsync(twice, "b");
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Equal(["a", "b"], await blobs.ListReferencesAsync(twice).ToListAsync());
        Assert.Equal(default, await blobs.CollectAsync(DateTimeOffset.UnixEpoch));
        Assert.Equal(new BlobCollectionResult(1, 1500), await blobs.CollectAsync(Ever));
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.False(blobs.Contains(loose));
        Assert.True(await blobs.RemoveReferenceAsync(twice, "a"));
        Assert.Equal(default, await blobs.CollectAsync(Ever));
        await blobs.RemoveReferenceAsync(twice, "b");
        Assert.False(await blobs.RemoveReferenceAsync(twice, "nobody"));
        Assert.Equal(new BlobCollectionResult(1, 5), await blobs.CollectAsync(Ever));
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await blobs.AddReferenceAsync(twice, "b"));
        await blobs.VerifyAsync(kept);
        Assert.True(await blobs.DeleteAsync(kept));
        Assert.False(await blobs.DeleteAsync(kept));
        await s.StepAsync();

        // What numbers the uploads is all that is left.
        Assert.Equal(1, KeysOf(s));
    }

    [Case(Store, "cache")]
    internal static async Task A_collection_never_takes_what_is_referenced_meanwhile(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        await s.AtOnceAsync(32, async task =>
        {
            byte[] content = Listing.Bytes(task % 8, 100);
            for (int i = 0; i < 5; i++)
            {
                if (task % 4 == 0)
                {
                    await blobs.CollectAsync(Ever);
                    continue;
                }

                StoredBlob put = await blobs.PutAsync(content, Text, $"{task}");
                Assert.Equal(content, (await blobs.GetAsync(put.Id)).Content.ToArray());
                await blobs.RemoveReferenceAsync(put.Id, $"{task}", Durability.ProcessCrash);
            }
        });
        await blobs.CollectAsync(Ever);
        await s.StepAsync();
        Assert.Equal(0, KeysOf(s));
    }

    [Case(Store, "conformance")]
    internal static async Task Put_and_get_with_a_reopening_between(ConformanceSession s)
    {
        List<StoredBlob> put = [];
        for (int i = 0; i < 5; i++)
        {
            put.Add(await (await s.BlobsAsync()).PutAsync(
                new MemoryStream(Listing.Bytes(i, i * 500)), new BlobDescription($"a/{i}")));
            await s.StepAsync();
        }

        BlobStore blobs = await s.BlobsAsync();
        Assert.Equal(put.OrderBy(b => b.Id), await blobs.ListAsync().ToListAsync());
        foreach (StoredBlob reference in put)
        {
            await blobs.VerifyAsync(reference.Id);
        }
    }

    private static long KeysOf(ConformanceSession s) => s.Engine.GetStoreKeyspace("blobs/blobs").Count;
}
