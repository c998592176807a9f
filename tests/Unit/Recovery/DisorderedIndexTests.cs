using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Recovery;

/// <summary>Stores that an index wrote which had lost keys.</summary>
/// <remarks>
/// Case 0: such an index wrote snapshots whose keys were out of order or there twice. They were
/// whole to every checksum, and the store did not open any more.
/// </remarks>
public sealed class DisorderedIndexTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Once_anything_was_freed_keys_are_sorted_and_the_newer_version_is_kept()
    {
        await CreateAsync(freed: true, sound: false);
        await using (EmbeddedEngine engine = await OpenAsync())
        {
            Assert.Equal(2, engine.Recovery.SkippedSnapshots.Count);
            Assert.Contains(engine.Recovery.Warnings, w => w.Contains("1 there twice", default));
            await AssertContentsAsync(engine, lost: true);

            // It is as good as new: every part of it works, and what it writes is in order.
            await engine.GetKeyspace("k").PutTextAsync("new", "value");
            await engine.CompactAsync();
            await engine.SnapshotAsync();
            await engine.GetKeyspace("k").PutTextAsync("new", "value");
            await engine.SnapshotAsync();
        }

        await using EmbeddedEngine again = await OpenAsync();
        Assert.Empty(again.Recovery.SkippedSnapshots);
        Assert.Equal(8, again.GetKeyspace("k").Contents().Count);
    }

    [Fact]
    public async Task While_nothing_was_freed_the_log_knows_all_of_it()
    {
        await CreateAsync(freed: false, sound: false);
        await using EmbeddedEngine engine = await OpenAsync();
        Assert.Equal(0, engine.Recovery.SnapshotSequence);
        await AssertContentsAsync(engine, lost: false);
    }

    [Fact]
    public async Task An_older_snapshot_from_before_is_preferred()
    {
        await CreateAsync(freed: true, sound: true);
        await using EmbeddedEngine engine = await OpenAsync();
        Assert.Single(engine.Recovery.SkippedSnapshots);
        Assert.DoesNotContain(engine.Recovery.Warnings, w => w.Contains("there twice", default));
        await AssertContentsAsync(engine, lost: false);
    }

    [Fact]
    public async Task Readers_salvage_and_verification_cope()
    {
        await CreateAsync(freed: true, sound: false);
        await using (EmbeddedEngine reader = await OpenAsync(readOnly: true))
        {
            Assert.Contains(reader.Recovery.Warnings, w => w.Contains("1 there twice", default));
            await AssertContentsAsync(reader, lost: true);
        }

        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.False(report.IsSound);
        Assert.Contains(
            report.Findings, f => f.Reason.Contains("is not above the one before it", default));

        string target = _scratch.Sibling("salvaged");
        await LogDirectory.SalvageAsync(_scratch.Path, target);
        await using EmbeddedEngine salvaged = await SmallEngine.OpenAsync(target);
        await AssertContentsAsync(salvaged, lost: true);
    }

    [Fact]
    public async Task A_sound_store_passes_the_check_of_its_index()
    {
        await using (EmbeddedEngine engine = await OpenAsync())
        {
            await FillAsync(engine);
            await engine.CompactAsync();
            await engine.SnapshotAsync();
            await engine.GetKeyspace("k").PutTextAsync("later", "value");
        }

        Assert.True((await LogDirectory.VerifyAsync(_scratch.Path)).IsSound);
        await using EmbeddedEngine again = await SmallEngine.OpenAsync(
            _scratch.Path, o => o with { CheckIndex = true });
        Assert.Contains(again.Recovery.Steps, step => step.Name == "index check");
    }

    [Fact]
    public async Task An_index_that_is_not_what_the_log_says_is_refused_where_that_is_asked_for()
    {
        await using (EmbeddedEngine engine = await OpenAsync())
        {
            await FillAsync(engine);
            DisorderedIndex.MakeOlder(engine.Lifetime.State.Index);
            await engine.SnapshotAsync();
        }

        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.Contains(
            report.Findings, f => f.Reason.Contains("not what the log says: key", default));
        CorruptionException refused = await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallEngine.OpenAsync(
                _scratch.Path, o => o with { CheckIndex = true }));
        Assert.Contains("not what the log says: key", refused.Message, default);
    }

    private ValueTask<EmbeddedEngine> OpenAsync(bool readOnly = false) =>
        SmallEngine.OpenAsync(_scratch.Path, o => o with { ReadOnly = readOnly });

    /// <summary>Seven keys and "z", which is older than "y" and will be lost.</summary>
    private static async Task FillAsync(EmbeddedEngine engine)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutTextAsync("z", "lost");
        foreach (string key in new[] { "a", "b", "c", "d", "e", "x", "y" })
        {
            await keyspace.PutTextAsync(key, $"value of {key}");
        }
    }

    private async Task CreateAsync(bool freed, bool sound)
    {
        await using EmbeddedEngine engine = await OpenAsync();
        if (freed)
        {
            for (int i = 0; i < 200; i++)
            {
                await engine.GetKeyspace("k").PutTextAsync("x", new string('x', 900));
            }
        }

        await FillAsync(engine);
        if (freed)
        {
            Assert.True(await engine.CompactAsync() > 0, "nothing was freed");
        }

        await engine.SnapshotAsync();
        DisorderedIndex.Make(engine.Lifetime.State.Index);
        await engine.GetKeyspace("other").PutTextAsync("key", "value");
        await engine.SnapshotAsync();
        if (!sound)
        {
            await engine.GetKeyspace("other").PutTextAsync("key", "value");
            await engine.SnapshotAsync();
        }
    }

    private static async Task AssertContentsAsync(EmbeddedEngine engine, bool lost)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        string[] keys = lost
            ? ["a", "b", "c", "d", "e", "x", "y"]
            : ["a", "b", "c", "d", "e", "x", "y", "z"];
        Assert.Equal(keys, keyspace.Contents().Select(pair => pair.Key));
        Assert.Equal(keys.Length, keyspace.Count);
        foreach (string key in keys)
        {
            Assert.Equal(key == "z" ? "lost" : $"value of {key}", await keyspace.TextAsync(key));
        }
    }
}
