using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Storage;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// Case G2: a file named fffffffffffffffe.seg, even an empty one, and every opening for writing failed
/// with an InvalidOperationException that named nothing.
/// </summary>
public sealed class FarNumberTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("fffffffffffffffe.seg")]
    [InlineData("ffffffffffffffff.seg")]
    [InlineData("ffffffffffffffff.snap")]
    [InlineData("8000000000000000.seg")]
    [InlineData("4000000000000001.snap")]
    public async Task G2_A_name_beyond_all_numbers_is_foreign(string name)
    {
        await MakeAsync();
        File.WriteAllText(_scratch.File(name), string.Empty);

        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            Assert.Contains(name, engine.Recovery.ForeignFiles);
            await engine.GetKeyspace("k").PutTextAsync("b", "2");
            await engine.SnapshotAsync();
        }

        Assert.True(File.Exists(_scratch.File(name)));
        Assert.True((await LogDirectory.VerifyAsync(_scratch.Path)).IsSound);
        await using EmbeddedEngine again = await SmallEngine.OpenAsync(_scratch.Path);
        Assert.Equal(2, again.GetKeyspace("k").Contents().Count);
    }

    [Theory]
    [InlineData("4000000000000000.seg")]
    [InlineData("3fffffffffffffff.seg")]
    [InlineData("3fffffffffffffff.snap")]
    public async Task G2_A_name_near_the_last_number_is_named_and_left_alone(string name)
    {
        await MakeAsync();
        File.WriteAllText(_scratch.File(name), string.Empty);

        CorruptionException refused = await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallEngine.OpenAsync(_scratch.Path));

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(_scratch.File(name)));
        File.Delete(_scratch.File(name));
        await using EmbeddedEngine again = await SmallEngine.OpenAsync(_scratch.Path);
        Assert.Single(again.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task G2_A_high_number_that_leaves_enough_is_counted_on_from()
    {
        await MakeAsync();
        File.WriteAllText(_scratch.File("2000000000000000.seg"), string.Empty);
        for (int opening = 0; opening < 3; opening++)
        {
            await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
            await engine.GetKeyspace("k").PutTextAsync($"{opening}", "2");
            await engine.SnapshotAsync();
        }

        Assert.True((await LogDirectory.VerifyAsync(_scratch.Path)).IsSound);
    }

    [Fact]
    public void G2_A_manifest_with_numbers_that_nobody_counted_to_is_damaged()
    {
        Manifest sound = new()
        {
            StoreId = Guid.NewGuid(),
            Kind = StoreKind.Log,
            Alignment = 4096,
            OpenEpoch = 1,
            NextSegmentId = 2,
            NextFileNumber = 2,
            LowWaterSequence = 1,
            NextSequence = 1,
            CleanlyClosed = true,
            Segments = [],
        };
        Assert.NotNull(ManifestCodec.Decode(ManifestCodec.Encode(sound), "m"));
        foreach ((int offset, ulong far) in ((int, ulong)[])
            [
                (24, ulong.MaxValue),
                (32, FormatLimits.MaxNumber + 1),
                (40, ulong.MaxValue),
                (48, FormatLimits.MaxNumber + 1),
                (56, long.MaxValue),
                (64, FormatLimits.MaxNumber + 1),
            ])
        {
            byte[] bytes = ManifestCodec.Encode(sound);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), far);
            Assert.Throws<CorruptionException>(() => ManifestCodec.Decode(bytes, "m"));
        }
    }

    private async Task MakeAsync()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", "1");
    }
}
