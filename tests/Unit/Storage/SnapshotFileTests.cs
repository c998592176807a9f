using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>The contract of a state file, row by row.</summary>
public sealed class SnapshotFileTests : IDisposable
{
    private static readonly byte[] Old = [.. Enumerable.Range(0, 200).Select(i => (byte)i)];
    private static readonly byte[] New = "new content"u8.ToArray();

    private readonly TempDirectory _directory = new();

    private string Target => _directory["state"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Staging_leaves_an_absent_target_absent_until_the_commit()
    {
        await using SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target);
        await writer.WriteAsync(New);
        Assert.False(File.Exists(Target));
        Assert.Single(_directory.Names(), name => FileNames.IsTempOf(name, "state"));

        await writer.CommitAsync();

        Assert.Equal(["state"], _directory.Names());
        Assert.Equal(New, await LoadPayload());
    }

    [Fact]
    public async Task Staging_leaves_an_existing_target_unchanged_until_the_commit()
    {
        await SnapshotFile.SaveAsync(Target, Old);
        byte[] before = await File.ReadAllBytesAsync(Target);
        await using SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target);
        writer.Write(New);
        Assert.Equal(before, await File.ReadAllBytesAsync(Target));

        await writer.CommitAsync();

        Assert.Equal(New, await LoadPayload());
    }

    [Fact]
    public async Task Commit_of_pieces_gives_the_same_payload_as_one()
    {
        byte[] whole = new byte[200_000];
        new Random(1).NextBytes(whole);
        await using (SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target))
        {
            int at = 0;
            for (int piece = 1; at < whole.Length; piece = (piece * 3) + 1)
            {
                int count = Math.Min(piece, whole.Length - at);
                await writer.WriteAsync(whole.AsMemory(at, count));
                at += count;
            }

            await writer.CommitAsync();
        }

        Assert.Equal(whole, await LoadPayload());
    }

    [Fact]
    public async Task Abandon_removes_the_temporary_file_and_keeps_the_old_one_byte_identical()
    {
        await SnapshotFile.SaveAsync(Target, Old);
        byte[] before = await File.ReadAllBytesAsync(Target);

        SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target);
        await writer.WriteAsync(new byte[300_000]);
        await writer.DisposeAsync();
        await writer.DisposeAsync();

        Assert.Equal(["state"], _directory.Names());
        Assert.Equal(before, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task Abandon_of_a_dead_writer_is_swept_by_the_next_one()
    {
        string stale = FileNames.NewTemp(Target);
        await File.WriteAllTextAsync(stale, "left by a process that died");
        await File.WriteAllTextAsync(_directory["state.tmp"], "a user's own");
        await File.WriteAllTextAsync(FileNames.NewTemp(_directory["state2"]), "another target's");

        await SnapshotFile.SaveAsync(Target, New);

        Assert.False(File.Exists(stale));
        Assert.Equal(4 - 1, _directory.Names().Length);
        Assert.True(File.Exists(_directory["state.tmp"]));
    }

    [Fact]
    public async Task Abandon_does_not_sweep_a_live_writer()
    {
        await using SnapshotFileWriter first = await SnapshotFile.CreateAsync(Target);
        first.Write(Old);

        await SnapshotFile.SaveAsync(Target, New);
        Assert.Equal(New, await LoadPayload());

        await first.CommitAsync();
        Assert.Equal(Old, await LoadPayload());
    }

    [Fact]
    public async Task Shrink_replaces_a_larger_file_fully()
    {
        await SnapshotFile.SaveAsync(Target, new byte[300_000]);

        await SnapshotFile.SaveAsync(Target, New);

        Assert.Equal(New, await LoadPayload());
        Assert.Equal(128 + 8 + 16, new FileInfo(Target).Length);
    }

    [Fact]
    public async Task Validation_fails_before_anything_is_created()
    {
        SnapshotFileOptions options = new()
        {
            Invariants = [new("queues", 3, 3), new("pending tasks", 7, 5)],
        };

        SnapshotValidationException error = await Assert
            .ThrowsAsync<SnapshotValidationException>(
                async () => await SnapshotFile.CreateAsync(Target, options));
        await Assert.ThrowsAsync<SnapshotValidationException>(
            async () => await SnapshotFile.SaveAsync(Target, New, options));

        Assert.Equal(("pending tasks", 7L, 5L), (error.What, error.Declared, error.Actual));
        Assert.Contains("declared as 7, actual 5", error.Message, StringComparison.Ordinal);
        Assert.Empty(_directory.Names());
    }

    [Fact]
    public async Task Validation_of_a_negative_log_sequence_creates_nothing()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await SnapshotFile.SaveAsync(
                Target, New, new SnapshotFileOptions { LogSequence = -1 }));

        Assert.Empty(_directory.Names());
    }

    [Fact]
    public async Task Validation_runs_again_at_load()
    {
        await SnapshotFile.SaveAsync(Target, New);

        SnapshotValidationException error = await Assert
            .ThrowsAsync<SnapshotValidationException>(
                async () => await SnapshotFile.LoadAsync(
                    Target,
                    content => new SnapshotInvariant("bytes", 99, content.Payload.Length).Check()));

        Assert.Equal((99L, (long)New.Length), (error.Declared, error.Actual));
    }

    [Fact]
    public async Task Missing_parent_is_not_found_and_nothing_is_created()
    {
        string path = Path.Combine(_directory["none"], "state");

        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await SnapshotFile.CreateAsync(path));
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await SnapshotFile.SaveAsync(path, New));

        Assert.Empty(_directory.Names());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_close_every_call_fails_with_a_closed_error(bool committed)
    {
        SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target);
        if (committed)
        {
            await writer.CommitAsync();
        }
        else
        {
            await writer.DisposeAsync();
        }

        Assert.Throws<ObjectDisposedException>(() => writer.Write(New));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await writer.WriteAsync(New));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.CommitAsync());
        await writer.DisposeAsync();
        Assert.Equal(committed ? ["state"] : [], _directory.Names());
    }

    [Fact]
    public async Task After_close_a_reader_fails_with_a_closed_error()
    {
        await SnapshotFile.SaveAsync(Target, New);
        SnapshotFileReader reader = await SnapshotFile.OpenAsync(Target);
        await reader.DisposeAsync();
        await reader.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => reader.Read(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await reader.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Load_of_a_missing_file_is_not_found()
    {
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await SnapshotFile.LoadAsync(Target));
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await SnapshotFile.OpenAsync(Target));
    }

    [Fact]
    public async Task Load_of_a_file_opened_before_its_replacement_keeps_the_old_content()
    {
        await SnapshotFile.SaveAsync(Target, Old);
        await using SnapshotFileReader reader = await SnapshotFile.OpenAsync(Target);

        await SnapshotFile.SaveAsync(Target, New);

        byte[] read = new byte[1000];
        Assert.Equal(Old.Length, await reader.ReadAsync(read));
        Assert.Equal(Old, read[..Old.Length]);
        Assert.Equal(0, await reader.ReadAsync(read));
    }

    [Fact]
    public async Task Log_position_and_content_version_are_handed_back()
    {
        SnapshotFileOptions options = new()
        {
            LogSequence = 1L << 40,
            ContentVersion = 0xFFFF_FFFE,
        };
        await SnapshotFile.SaveAsync(Target, New, options);

        SnapshotContent content = await SnapshotFile.LoadAsync(Target);
        await using SnapshotFileReader reader = await SnapshotFile.OpenAsync(Target);

        Assert.Equal((1L << 40, 0xFFFF_FFFEu), (content.LogSequence, content.ContentVersion));
        Assert.Equal((1L << 40, 0xFFFF_FFFEu), (reader.LogSequence, reader.ContentVersion));
        Assert.Equal(New.Length, reader.PayloadLength);
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await SnapshotFile.SaveAsync(
                Target, New, cancellationToken: cancelled.Token));
        await using SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await writer.WriteAsync(Old, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await writer.CommitAsync(cancelled.Token));
        writer.Write(New);

        await writer.CommitAsync();

        Assert.Equal(New, await LoadPayload());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("dir/")]
    [InlineData("a\0b")]
    public async Task A_path_that_names_no_file_is_a_bad_argument(string path) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await SnapshotFile.SaveAsync(path, New));

    [Fact]
    public async Task Concurrent_savers_of_one_target_leave_one_whole_content()
    {
        byte[][] contents = [.. Enumerable.Range(1, 8).Select(i =>
        {
            byte[] bytes = new byte[i * 20_000];
            Array.Fill(bytes, (byte)i);
            return bytes;
        })];

        await Task.WhenAll(contents.Select(
            bytes => SnapshotFile.SaveAsync(Target, bytes).AsTask()));

        byte[] payload = await LoadPayload();
        Assert.Equal(contents[payload[0] - 1], payload);
        Assert.Equal(["state"], _directory.Names());
    }

    private async Task<byte[]> LoadPayload() =>
        (await SnapshotFile.LoadAsync(Target)).Payload.ToArray();
}
