using LogEngine.Conformance.Backends;
using LogEngine.Conformance.Cases;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;
using Xunit.Abstractions;

namespace LogEngine.Conformance;

/// <summary>
/// A power loss before each change of the disk, several draws of what it leaves: a batch over all
/// stores is there as a whole or not at all, and an acknowledged one is there.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Steps = 4;
    private const int Draws = 4;

    private static readonly StorageEngineOptions Options = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 0,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_batch_over_all_stores_is_all_or_nothing_at_each_io(int seed)
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed);
        int acknowledged = 0;
        int states = 0;
        HashSet<int> found = [];
        machine.Disk.BeforeChange = disk =>
        {
            for (int draw = 0; draw < Draws; draw++)
            {
                int done = StepsAfter(SimulatedSession.Crash(disk, (seed * 100) + draw));
                Assert.InRange(done, acknowledged, acknowledged + 1);
                found.Add(done);
                states++;
            }
        };
        EmbeddedEngine engine = machine.OpenEngine("/store", Options);
        Run(machine, async () =>
        {
            Work work = await Work.OpenAsync(engine, await OpenBlobsAsync(engine));
            for (int step = 1; step <= Steps; step++)
            {
                await engine.CommitAsync(work.Batch(step));
                acknowledged = step;
            }
        });
        machine.Disk.BeforeChange = null;
        machine.Kill();
        Assert.Equal(Enumerable.Range(0, Steps + 1), found.Order());
        output.WriteLine($"{states} crash states");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_streamed_blob_is_whole_or_absent_at_each_io_and_leaves_no_litter(int seed)
    {
        byte[] first = Listing.Bytes(1, 3000);
        byte[] content = Listing.Bytes(2, 9000);
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed);
        bool acknowledged = false;
        int states = 0;
        int absent = 0;
        EmbeddedEngine engine = machine.OpenEngine("/store", Options);
        Run(machine, async () =>
        {
            BlobStore blobs = await OpenBlobsAsync(engine);
            await blobs.PutAsync(new MemoryStream(first), new BlobDescription("a/b"));
            machine.Disk.BeforeChange = disk =>
            {
                for (int draw = 0; draw < Draws; draw++)
                {
                    bool there = IsThereAfter(
                        SimulatedSession.Crash(disk, (seed * 100) + draw), content);
                    Assert.True(there || !acknowledged);
                    absent += there ? 0 : 1;
                    states++;
                }
            };
            await blobs.PutAsync(new MemoryStream(content), new BlobDescription("a/b"));
            acknowledged = true;
            await blobs.PutAsync("more"u8.ToArray(), new BlobDescription("a/b"));
        });
        machine.Disk.BeforeChange = null;
        machine.Kill();
        Assert.InRange(absent, 1, states - 1);
        output.WriteLine($"{states} crash states, {absent} without the blob");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_name_points_at_a_whole_blob_and_staged_content_leaves_no_litter_at_each_io(int seed)
    {
        byte[][] contents = [Listing.Bytes(1, 3000), Listing.Bytes(2, 4000), Listing.Bytes(3, 400)];
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed);
        int acknowledged = 0;
        int states = 0;
        HashSet<int> found = [];
        EmbeddedEngine engine = machine.OpenEngine("/store", Options);
        Run(machine, async () =>
        {
            BlobStore blobs = await OpenBlobsAsync(engine);
            machine.Disk.BeforeChange = disk =>
            {
                for (int draw = 0; draw < Draws; draw++)
                {
                    int there = NamedAfter(
                        SimulatedSession.Crash(disk, (seed * 100) + draw), contents);
                    Assert.InRange(there, acknowledged, acknowledged + 1);
                    found.Add(there);
                    states++;
                }
            };
            foreach (byte[] content in contents)
            {
                await using StagedBlob staged = await blobs.StageAsync(new MemoryStream(content));
                NamedBlob? old = await blobs.Names.FindAsync("n");
                WriteBatch batch = engine.CreateBatch();
                blobs.Names.Put(batch, "n", staged, new BlobDescription("a/b"));
                if (old is not null)
                {
                    blobs.DeleteUnreferenced(batch, old.Id);
                }

                await engine.CommitAsync(batch);
                acknowledged++;
            }
        });
        machine.Disk.BeforeChange = null;
        machine.Kill();
        Assert.Equal(Enumerable.Range(0, contents.Length + 1), found.Order());
        output.WriteLine($"{states} crash states");
    }

    /// <summary>
    /// How many contents the name has been pointed at; the last one is whole, and all that there is.
    /// </summary>
    private static int NamedAfter(SimulatedFileSystem left, byte[][] contents)
    {
        int there = 0;
        OnMachine(left, async engine =>
        {
            BlobStore blobs = await OpenBlobsAsync(engine);
            await BlobNameCases.AgreesAsync(engine, blobs);
            Keyspace keyspace = engine.GetStoreKeyspace("blobs/blobs");
            bool hasCounter = await keyspace.ContainsAsync(new byte[] { 8 });
            long keys = hasCounter ? 1 : 0;
            if (await blobs.Names.GetAsync("n") is { } blob)
            {
                there = 1 + Array.FindIndex(
                    contents, content => blob.Content.Span.SequenceEqual(content));

                // Head, metadata, touch, name, its reference, and pieces of 600 bytes.
                keys += 5 + ((blob.Metadata.Length + 599) / 600);
            }

            Assert.Equal(keys, await keyspace.CountAsync());
        });
        return there;
    }

    private static int StepsAfter(SimulatedFileSystem left)
    {
        int done = 0;
        OnMachine(left, async engine =>
            done = await (await Work.OpenAsync(engine, await OpenBlobsAsync(engine)))
                .StepsDoneAsync());
        return done;
    }

    private static bool IsThereAfter(SimulatedFileSystem left, byte[] content)
    {
        bool there = false;
        OnMachine(left, async engine =>
        {
            BlobStore blobs = await OpenBlobsAsync(engine);
            BlobId id = BlobId.Of(content);
            there = blobs.Contains(id);
            if (there)
            {
                await blobs.VerifyAsync(id);
            }

            // Of 600 bytes a piece: head, metadata and pieces of those that are there, no more but
            // what numbers the uploads.
            long keys = 0;
            await foreach (StoredBlob blob in blobs.ListAsync())
            {
                keys += 2 + ((blob.Metadata.Length + 599) / 600);
            }

            Assert.Equal(keys + 1, engine.GetStoreKeyspace("blobs/blobs").Count);
        });
        return there;
    }

    private static ValueTask<BlobStore> OpenBlobsAsync(EmbeddedEngine engine) =>
        engine.OpenBlobsAsync("blobs", new BlobStoreOptions { ChunkBytes = 600 });

    private static void OnMachine(SimulatedFileSystem disk, Func<EmbeddedEngine, Task> body)
    {
        SimulatedMachine machine = new(disk, 7);
        EmbeddedEngine engine = machine.OpenEngine("/store", Options);
        Run(machine, () => body(engine));
        machine.Kill();
    }

    private static void Run(SimulatedMachine machine, Func<Task> body)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(
            new SimulatedContext(machine.Scheduler));
        Task running;
        try
        {
            running = body();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        machine.Wait(running);
    }
}
