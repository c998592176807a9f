using System.Text;

namespace LogEngine.Conformance.Cases;

/// <summary>Names of blobs, content that a batch publishes, and removal of what nothing refers to.</summary>
internal static class BlobNameCases
{
    private const string Store = "BlobStore";
    private static readonly BlobDescription Text = new("text/plain");

    [Case(Store, "names")]
    internal static async Task A_name_points_at_one_blob_and_is_replaced_with_it(ConformanceSession s)
    {
        byte[] longer = Listing.Bytes(1, 5000);
        NamedBlob first = await (await s.BlobsAsync()).Names.PutAsync("n", new Trickle(longer), Text);
        Assert.Equal(BlobId.Of(longer), first.Id);
        await s.StepAsync();
        BlobStore blobs = await s.BlobsAsync();
        Assert.Equal(first, await blobs.Names.FindAsync("n"));
        Assert.Equal(longer, (await blobs.Names.GetAsync("n"))!.Content.ToArray());
        NamedBlob second = await blobs.Names.PutAsync("n", "short"u8.ToArray(), Text);
        Assert.NotEqual(first.Version, second.Version);
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Equal(second, await blobs.Names.FindAsync("n"));
        await using (Stream content = (await blobs.Names.OpenReadAsync("n"))!)
        {
            using StreamReader reader = new(content);
            Assert.Equal("short", await reader.ReadToEndAsync());
        }

        Assert.Equal(1, (await blobs.CollectAsync(DateTimeOffset.MaxValue)).Blobs);
        Assert.False(await blobs.ContainsAsync(first.Id));
        Assert.Empty(await blobs.ListReferencesAsync(second.Id).ToListAsync());
        Assert.True(await blobs.Names.RemoveAsync("n"));
        Assert.False(await blobs.Names.RemoveAsync("n"));
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Null(await blobs.Names.FindAsync("n"));
        Assert.Null(await blobs.Names.GetAsync("n"));
        Assert.Null(await blobs.Names.OpenReadAsync("n"));
        Assert.Equal(1, (await blobs.CollectAsync(DateTimeOffset.MaxValue)).Blobs);
        await AgreesAsync(s, blobs);
    }

    [Case(Store, "names")]
    internal static async Task Names_are_listed_by_prefix_and_put_by_version(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        foreach (string name in (string[])["b/2", "a", "b/1", "\0", "😀"])
        {
            await blobs.Names.PutAsync(name, Encoding.UTF8.GetBytes("same"), Text);
        }

        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Equal(["\0", "a", "b/1", "b/2", "😀"], (await blobs.Names.ListAsync().ToListAsync()).Select(n => n.Name));
        Assert.Equal(["b/1", "b/2"], (await blobs.Names.ListAsync("b/").ToListAsync()).Select(n => n.Name));
        Assert.Single(await blobs.ListAsync().ToListAsync());
        NamedBlob there = (await blobs.Names.FindAsync("a"))!;
        Assert.Equal(
            new ConditionalResult(false, there.Version),
            await blobs.Names.TryPutAsync("a", new Trickle(Listing.Bytes(2, 3000)), Text, 0));
        Assert.False(await blobs.ContainsAsync(BlobId.Of(Listing.Bytes(2, 3000))));
        ConditionalResult put = await blobs.Names
            .TryPutAsync("a", new Trickle(Listing.Bytes(2, 3000)), Text, there.Version);
        Assert.True(put.Applied);
        Assert.Equal(put.Version, (await blobs.Names.FindAsync("a"))!.Version);
        Assert.True(await blobs.DeleteAsync(there.Id));
        Assert.Equal(["a"], (await blobs.Names.ListAsync().ToListAsync()).Select(n => n.Name));
        foreach (string wrong in (string[])["", new string('x', 1025), "\uD800"])
        {
            await Assert.ThrowsAsync<StoreNameException>(
                async () => await blobs.Names.PutAsync(wrong, "x"u8.ToArray(), Text));
        }

        await AgreesAsync(s, blobs);
    }

    [Case(Store, "names")]
    internal static async Task A_name_is_pointed_at_a_blob_that_is_there_and_at_no_other(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        StoredBlob one = await blobs.PutAsync("one"u8.ToArray(), Text);
        StoredBlob two = await blobs.PutAsync(Listing.Bytes(1, 3000), Text);
        NamedBlob first = await blobs.Names.PointAsync("n", one.Id);
        Assert.Equal(first, await blobs.Names.FindAsync("n"));
        Assert.Equal(
            new ConditionalResult(false, first.Version),
            await blobs.Names.TryPointAsync("n", two.Id, 0));
        ConditionalResult moved = await blobs.Names.TryPointAsync("n", two.Id, first.Version);
        Assert.True(moved.Applied);
        Assert.Equal(
            new NamedBlob("n", two.Id, moved.Version), await blobs.Names.FindAsync("n"));

        // In a batch also at one that the batch puts.
        WriteBatch batch = s.Engine.CreateBatch();
        StoredBlob three = blobs.Put(batch, "three"u8, Text);
        blobs.Names.Point(batch, "three", three.Id);
        blobs.Names.Point(batch, "n", one.Id);
        blobs.DeleteUnreferenced(batch, two.Id);
        await s.Engine.CommitAsync(batch);
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Equal(
            [("n", one.Id), ("three", three.Id)],
            (await blobs.Names.ListAsync().ToListAsync()).Select(name => (name.Name, name.Id)));
        Assert.False(await blobs.ContainsAsync(two.Id));
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await blobs.Names.PointAsync("n", two.Id));
        batch = s.Engine.CreateBatch();
        blobs.Names.Point(batch, "n", two.Id);
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await s.Engine.CommitAsync(batch));
        Assert.Equal(0, (await blobs.CollectAsync(DateTimeOffset.MaxValue)).Blobs);
        await AgreesAsync(s, blobs);
    }

    [Case(Store, "names")]
    internal static async Task A_name_is_removed_by_version(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        NamedBlob old = await blobs.Names.PutAsync("n", "old"u8.ToArray(), Text);
        NamedBlob there = await blobs.Names.PutAsync("n", "new"u8.ToArray(), Text);
        Assert.Equal(
            new ConditionalResult(false, there.Version),
            await blobs.Names.TryRemoveAsync("n", old.Version));
        Assert.Equal(there, await blobs.Names.FindAsync("n"));
        Assert.Equal(
            new ConditionalResult(true, there.Version),
            await blobs.Names.TryRemoveAsync("n", there.Version));
        Assert.Equal(
            new ConditionalResult(false, 0),
            await blobs.Names.TryRemoveAsync("n", there.Version));
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Null(await blobs.Names.FindAsync("n"));
        await AgreesAsync(s, blobs);
        Assert.Equal(2, (await blobs.CollectAsync(DateTimeOffset.MaxValue)).Blobs);
    }

    [Case(Store, "names")]
    internal static async Task Names_of_one_batch_see_those_before_them(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        NamedBlob old = await blobs.Names.PutAsync("n", "old"u8.ToArray(), Text);
        WriteBatch batch = s.Engine.CreateBatch();
        StoredBlob first = blobs.Names.Put(batch, "n", "first"u8, Text);
        StoredBlob second = blobs.Names.Put(batch, "n", "second"u8, Text);
        blobs.Names.Put(batch, "m", "first"u8, Text);
        PendingValue<bool> gone = blobs.Names.Remove(batch, "m");
        PendingValue<bool> oldGone = blobs.DeleteUnreferenced(batch, old.Id);
        await s.Engine.CommitAsync(batch);
        Assert.True(gone.Value);
        Assert.True(oldGone.Value);
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.Equal(second.Id, (await blobs.Names.FindAsync("n"))!.Id);
        Assert.Null(await blobs.Names.FindAsync("m"));
        Assert.False(await blobs.ContainsAsync(old.Id));
        await AgreesAsync(s, blobs);
        await blobs.CollectAsync(DateTimeOffset.MaxValue);
        Assert.False(await blobs.ContainsAsync(first.Id));
        Assert.True(await blobs.ContainsAsync(second.Id));
    }

    [Case(Store, "names")]
    internal static async Task Puts_under_one_name_that_race_leave_one_reference(ConformanceSession s)
    {
        BlobStore one = await s.BlobsAsync();
        BlobStore other = await s.BlobsAsync();
        await s.AtOnceAsync(16, async task =>
        {
            BlobStore blobs = task % 2 == 0 ? one : other;
            await blobs.Names.PutAsync("n", new Trickle(Listing.Bytes(task, 700)), Text);
            if (task % 5 == 0)
            {
                await blobs.CollectAsync(DateTimeOffset.MaxValue);
            }
        });
        await s.StepAsync();
        one = await s.BlobsAsync();
        await AgreesAsync(s, one);
        await one.CollectAsync(DateTimeOffset.MaxValue);
        NamedBlob found = (await one.Names.FindAsync("n"))!;
        await one.VerifyAsync(found.Id);
        Assert.Single(await one.ListAsync().ToListAsync());
    }

    [Case(Store, "staging")]
    internal static async Task Staged_content_is_seen_only_once_a_batch_publishes_it(ConformanceSession s)
    {
        foreach (int length in (int[])[0, 599, 600, 5000])
        {
            byte[] content = Listing.Bytes(length, length);
            BlobStore blobs = await s.BlobsAsync();
            await using (StagedBlob dropped = await blobs.StageAsync(new Trickle(content)))
            {
                Assert.Equal((BlobId.Of(content), (long)length), (dropped.Id, dropped.Length));
            }

            Assert.Empty(await blobs.ListAsync().ToListAsync());
            await using (StagedBlob staged = await blobs.StageAsync(new Trickle(content)))
            {
                Assert.False(await blobs.ContainsAsync(staged.Id));
                WriteBatch refused = s.Engine.CreateBatch();
                blobs.Put(refused, staged, Text);
                s.Documents.RequireVersion(refused, "d", long.MaxValue);
                await Assert.ThrowsAsync<ConflictException>(
                    async () => await s.Engine.CommitAsync(refused));
                Assert.False(staged.IsPublished);
                WriteBatch batch = s.Engine.CreateBatch();
                blobs.Names.Put(batch, "n", staged, Text);
                s.Documents.Save(batch, "d", Listing.Json($"{length}"));
                await s.Engine.CommitAsync(batch);
                Assert.True(staged.IsPublished);
                Assert.Throws<InvalidOperationException>(
                    () => blobs.Put(s.Engine.CreateBatch(), staged, Text));
            }

            await s.StepAsync();
            blobs = await s.BlobsAsync();
            Assert.Equal(content, (await blobs.Names.GetAsync("n"))!.Content.ToArray());

            // The same content again, now that it is there: what was streamed goes with the commit.
            await using (StagedBlob again = await blobs.StageAsync(new Trickle(content)))
            {
                WriteBatch batch = s.Engine.CreateBatch();
                blobs.Put(batch, again, Text, "owner");
                await s.Engine.CommitAsync(batch);
            }

            await blobs.VerifyAsync(BlobId.Of(content));
            await AgreesAsync(s, blobs);
            Assert.True(await blobs.DeleteAsync(BlobId.Of(content)));
            using KeyScan left = s.Engine.GetStoreKeyspace("blobs/blobs").Scan();
            Assert.True(await left.MoveNextAsync() == length >= 600);
        }
    }

    [Case(Store, "staging")]
    internal static async Task Staged_content_that_a_crash_has_orphaned_is_swept(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        StagedBlob staged = await blobs.StageAsync(new Trickle(Listing.Bytes(3, 5000)));
        await s.Engine.FlushAsync();
        await blobs.CollectAsync(DateTimeOffset.MaxValue);
        Assert.True(await s.Engine.GetStoreKeyspace("blobs/blobs").CountAsync() > 5);
        await s.StepAsync();
        blobs = await s.BlobsAsync();

        // What is left is the key that numbers uploads.
        Assert.Equal(1, await s.Engine.GetStoreKeyspace("blobs/blobs").CountAsync());
        Assert.False(await blobs.ContainsAsync(staged.Id));
    }

    [Case(Store, "cache")]
    internal static async Task Delete_unreferenced_counts_what_its_batch_does(ConformanceSession s)
    {
        BlobStore blobs = await s.BlobsAsync();
        StoredBlob blob = await blobs.PutAsync(Listing.Bytes(4, 2000), Text, owner: "a");
        Assert.False(await blobs.DeleteUnreferencedAsync(blob.Id));
        WriteBatch keeps = s.Engine.CreateBatch();
        blobs.RemoveReference(keeps, blob.Id, "a");
        blobs.AddReference(keeps, blob.Id, "b");
        PendingValue<bool> kept = blobs.DeleteUnreferenced(keeps, blob.Id);
        await s.Engine.CommitAsync(keeps);
        Assert.False(kept.Value);
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        WriteBatch removes = s.Engine.CreateBatch();
        blobs.RemoveReference(removes, blob.Id, "b");
        PendingValue<bool> removed = blobs.DeleteUnreferenced(removes, blob.Id);
        await s.Engine.CommitAsync(removes);
        Assert.True(removed.Value);
        await s.StepAsync();
        blobs = await s.BlobsAsync();
        Assert.False(await blobs.ContainsAsync(blob.Id));
        Assert.False(await blobs.DeleteUnreferencedAsync(blob.Id));

        // Removed and put again in one batch: it is whole.
        await blobs.PutAsync(Listing.Bytes(4, 500), Text);
        WriteBatch again = s.Engine.CreateBatch();
        blobs.DeleteUnreferenced(again, BlobId.Of(Listing.Bytes(4, 500)));
        blobs.Put(again, Listing.Bytes(4, 500), Text, "c");
        await s.Engine.CommitAsync(again);
        await s.StepAsync();
        await (await s.BlobsAsync()).VerifyAsync(BlobId.Of(Listing.Bytes(4, 500)));
    }

    /// <summary>Each name has its blob and its reference, and each reference of a name its name.</summary>
    internal static async Task AgreesAsync(ConformanceSession s, BlobStore blobs) =>
        await AgreesAsync(s.Engine, blobs);

    internal static async Task AgreesAsync(StorageEngine engine, BlobStore blobs)
    {
        List<string> expected = [];
        await foreach (NamedBlob name in blobs.Names.ListAsync())
        {
            Assert.True(await blobs.ContainsAsync(name.Id));
            expected.Add(Convert.ToHexString([3, .. Convert.FromHexString($"{name.Id}"), 0xFF, .. Encoding.UTF8.GetBytes(name.Name)]));
        }

        List<string> found = [];
        using KeyScan scan = engine.GetStoreKeyspace("blobs/" + blobs.Name)
            .Scan(ScanRange.Prefix(new byte[] { 3 }));
        await foreach (KeyValueEntry entry in scan)
        {
            if (entry.Key.Span[33] == 0xFF)
            {
                found.Add(Convert.ToHexString(entry.Key.Span));
            }
        }

        Assert.Equal(expected.Order(), found.Order());
    }
}
