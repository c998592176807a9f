using LogEngine.Conformance.Backends;
using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Conformance.Cases;

internal static class SnapshotCases
{
    private const string Store = "SnapshotFile";
    private static readonly byte[] Old = Listing.Bytes(1, 70_000);
    private static readonly byte[] New = Listing.Bytes(2, 300);

    [Case(Store, "framing")]
    internal static async Task Framing_is_a_header_a_length_and_blocks_with_checksums(
        SnapshotSession s)
    {
        foreach (int length in (int[])[0, 1, 65_527, 65_528, 65_529, 200_000])
        {
            await using (SnapshotFileWriter writer = await s.CreateAsync())
            {
                byte[] payload = Listing.Bytes(length, length);
                await writer.WriteAsync(payload.AsMemory(0, length / 3));
                await writer.WriteAsync(payload.AsMemory(length / 3));
                await writer.CommitAsync();
            }

            s.Step();
            byte[] file = s.Bytes();
            Assert.Equal(HeaderVerdict.Valid, FileHeader.Read(file, false, out FileHeader header));
            Assert.Equal((FileKind.Snapshot, 128u), (header.Kind, header.HeaderLength));
            Assert.Equal(length, BitConverter.ToInt64(file, 80));
            Assert.Equal(Listing.Bytes(length, length), (await s.LoadAsync()).Payload.ToArray());
        }
    }

    [Case(Store, "staging")]
    internal static async Task Staging_leaves_the_target_absent_or_unchanged(SnapshotSession s)
    {
        await using (SnapshotFileWriter writer = await s.CreateAsync())
        {
            await writer.WriteAsync(Old);
            Assert.DoesNotContain("state", s.Names);
            s.Step();
            Assert.DoesNotContain("state", s.Names);
        }

        await s.SaveAsync(Old);
        s.Step();
        byte[] before = s.Bytes();
        await using SnapshotFileWriter second = await s.CreateAsync();
        await second.WriteAsync(New);
        Assert.Equal(before, s.Bytes());
        s.Step();
        Assert.Equal(before, s.Bytes());
    }

    [Case(Store, "commit")]
    internal static async Task Commit_survives_a_power_loss(SnapshotSession s)
    {
        await s.SaveAsync(Old);
        s.Step();
        Assert.Equal(Old, (await s.LoadAsync()).Payload.ToArray());
        await s.SaveAsync(New);
        s.Step();
        Assert.Equal(New, (await s.LoadAsync()).Payload.ToArray());
        Assert.Equal(["state"], s.Names);
    }

    [Case(Store, "abandon")]
    internal static async Task Abandon_removes_the_temporary_file_and_keeps_the_old(
        SnapshotSession s)
    {
        await s.SaveAsync(Old);
        byte[] before = s.Bytes();
        SnapshotFileWriter writer = await s.CreateAsync();
        await writer.WriteAsync(New);
        await writer.DisposeAsync();
        Assert.Equal(["state"], s.Names);
        s.Step();
        Assert.Equal(before, s.Bytes());

        // A stale one of a dead process is swept by the next writer, a live one is not.
        s.Files.Open(FileNames.NewTemp(s.Target), OpenFlags.CreateNew).Dispose();
        await using SnapshotFileWriter live = await s.CreateAsync();
        await s.SaveAsync(New);
        Assert.Equal(2, s.Names.Count());
        await live.DisposeAsync();
        Assert.Equal(["state"], s.Names);
    }

    [Case(Store, "shrink")]
    internal static async Task A_smaller_file_replaces_a_larger_one_fully(SnapshotSession s)
    {
        await s.SaveAsync(Old);
        s.Step();
        await s.SaveAsync(New);
        s.Step();
        Assert.Equal(New, (await s.LoadAsync()).Payload.ToArray());
        Assert.Equal(128 + 8 + 304, s.Bytes().Length);
    }

    [Case(Store, "validation")]
    internal static async Task Validation_runs_before_any_byte_and_again_at_load(SnapshotSession s)
    {
        SnapshotFileOptions wrong = new() { Invariants = [new("pending tasks", 7, 5)] };
        SnapshotValidationException error = await Assert.ThrowsAsync<SnapshotValidationException>(
            async () => await s.SaveAsync(New, wrong));
        Assert.Equal(("pending tasks", 7L, 5L), (error.What, error.Declared, error.Actual));
        Assert.Empty(s.Names);
        await s.SaveAsync(New);
        s.Step();
        await Assert.ThrowsAsync<SnapshotValidationException>(
            async () => await s.LoadAsync(
                c => new SnapshotInvariant("bytes", 1, c.Payload.Length).Check()));
    }

    [Case(Store, "missing parent")]
    internal static async Task A_missing_parent_is_a_typed_error_and_nothing_is_made(
        SnapshotSession s)
    {
        string path = Path.Combine(s.Directory, "none", "state");
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await SnapshotFile.SaveOnAsync(
                s.Files, path, New, null, CancellationToken.None));
        Assert.Empty(s.Names);
        Assert.False(s.Files.DirectoryExists(Path.Combine(s.Directory, "none")));
    }

    [Case(Store, "after close")]
    internal static async Task After_close_every_call_is_a_closed_error(SnapshotSession s)
    {
        SnapshotFileWriter committed = await s.CreateAsync();
        await committed.CommitAsync();
        SnapshotFileWriter abandoned = await s.CreateAsync();
        await abandoned.DisposeAsync();
        foreach (SnapshotFileWriter writer in (SnapshotFileWriter[])[committed, abandoned])
        {
            Assert.Throws<ObjectDisposedException>(() => writer.Write(New));
            await Assert.ThrowsAsync<ObjectDisposedException>(
                async () => await writer.WriteAsync(New));
            await Assert.ThrowsAsync<ObjectDisposedException>(
                async () => await writer.CommitAsync());
        }

        Assert.Equal(["state"], s.Names);
    }

    [Case(Store, "load")]
    internal static async Task Load_tells_newer_wrong_length_and_wrong_checksum_apart(
        SnapshotSession s)
    {
        await s.SaveAsync(New);
        s.Step();
        byte[] file = s.Bytes();
        byte[] newer = [.. file];
        new FileHeader(FileKind.Snapshot, 128, 0, Version: 2).Write(newer);
        s.Replace(newer);
        await Assert.ThrowsAsync<IncompatibleFormatException>(async () => await s.LoadAsync());
        s.Replace(file[..^8]);
        Assert.Contains("wrong length", await ReasonAsync(), StringComparison.Ordinal);
        byte[] flipped = [.. file];
        flipped[200] ^= 1;
        s.Replace(flipped);
        Assert.Contains("checksum", await ReasonAsync(), StringComparison.Ordinal);
        flipped = [.. file];
        flipped[8] = 2;
        s.Replace(flipped);
        await ReasonAsync();
        s.Replace(file);
        Assert.Equal(New, (await s.LoadAsync()).Payload.ToArray());

        async Task<string> ReasonAsync() =>
            (await Assert.ThrowsAsync<CorruptionException>(async () => await s.LoadAsync())).Reason;
    }

    [Case(Store, "log position")]
    internal static async Task The_log_position_comes_back(SnapshotSession s)
    {
        await s.SaveAsync(
            New, new SnapshotFileOptions { LogSequence = 1L << 40, ContentVersion = 3 });
        s.Step();
        SnapshotContent content = await s.LoadAsync();
        Assert.Equal((1L << 40, 3u), (content.LogSequence, content.ContentVersion));
    }
}
