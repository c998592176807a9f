using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class RecordHeaderTests
{
    private const ulong Salt = 0xA5A5_0000_1234_5678;
    private const long Offset = 4192;
    private static readonly uint SaltState = Crc32C.Append(Crc32C.Start, Salt);

    [Fact]
    public void A_record_of_every_length_verifies_and_reads_back()
    {
        for (int length = 0; length < 800; length++)
        {
            byte[] payload = Payloads.Of(length, length);
            byte[] bytes = Encode(payload);
            Assert.Equal(0, bytes.Length % 8);
            Assert.True(Verify(bytes));
            Assert.Equal((uint)(24 + length), RecordHeader.ReadLength(bytes));
            Assert.Equal(RecordFlags.EndOfBatch, RecordHeader.ReadFlags(bytes));
            Assert.True(payload.AsSpan().SequenceEqual(bytes.AsSpan(24, length)));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(400)]
    public void Every_flipped_bit_is_detected_padding_included(int length)
    {
        byte[] bytes = Encode(Payloads.Of(length, 9));
        Bits.FlipEach(bytes, at => Assert.False(Verify(bytes), $"byte {at}"));
    }

    [Fact]
    public void The_checksum_is_the_plain_one_over_salt_offset_and_the_record_with_its_field_zero()
    {
        byte[] bytes = Encode(Payloads.Of(500, 3));
        uint stored = BitConverter.ToUInt32(bytes);
        bytes.AsSpan(0, 4).Clear();
        Assert.Equal(Crc32C.Compute(Salt, Offset, bytes), stored);
    }

    [Fact]
    public void A_record_elsewhere_of_another_segment_or_sequence_does_not_verify()
    {
        byte[] bytes = Encode([1, 2, 3]);
        uint other = Crc32C.Append(Crc32C.Start, Salt + 1);
        Assert.True(RecordHeader.Verify(bytes, bytes.Length, SaltState, Offset, 77));
        Assert.False(RecordHeader.Verify(bytes, bytes.Length, SaltState, Offset + 8, 77));
        Assert.False(RecordHeader.Verify(bytes, bytes.Length, SaltState, Offset, 78));
        Assert.False(RecordHeader.Verify(bytes, bytes.Length, other, Offset, 77));
    }

    [Fact]
    public void Zeros_do_not_verify()
    {
        Assert.False(RecordHeader.Verify(new byte[24], 24, Crc32C.Start, 0, 0));
        Assert.False(RecordHeader.Verify(new byte[24], 24, SaltState, Offset, 0));
    }

    [Fact]
    public void What_stood_there_before_does_not_matter()
    {
        byte[] clean = new byte[RecordHeader.EncodedLength(5)];
        byte[] dirty = [.. Enumerable.Repeat((byte)0xEE, clean.Length)];
        RecordHeader.Write(clean, SaltState, Offset, 1, RecordFlags.None, [1, 2, 3, 4, 5]);
        RecordHeader.Write(dirty, SaltState, Offset, 1, RecordFlags.None, [1, 2, 3, 4, 5]);
        Assert.Equal(clean, dirty);
    }

    [Fact]
    public void The_largest_payload_has_an_encoded_length()
    {
        Assert.Equal(
            24 + FormatLimits.MaxPayloadBytes,
            RecordHeader.EncodedLength(FormatLimits.MaxPayloadBytes));
        Assert.Throws<OverflowException>(() => RecordHeader.EncodedLength(int.MaxValue));
    }

    private static byte[] Encode(byte[] payload)
    {
        byte[] bytes = new byte[RecordHeader.EncodedLength(payload.Length)];
        RecordHeader.Write(bytes, SaltState, Offset, 77, RecordFlags.EndOfBatch, payload);
        return bytes;
    }

    private static bool Verify(byte[] bytes) =>
        RecordHeader.Verify(bytes, bytes.Length, SaltState, Offset, 77);
}
