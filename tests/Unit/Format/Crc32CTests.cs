using System.Text;
using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class Crc32CTests
{
    /// <summary>The vectors of RFC 3720, appendix B.4, and the customary check value.</summary>
    public static TheoryData<byte[], uint> Published => new()
    {
        { new byte[32], 0x8A91_36AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8_AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD_794E },
        { Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113F_DB5C },
        { ReadCommand, 0xD996_3A56 },
        { Encoding.ASCII.GetBytes("123456789"), 0xE306_9283 },
        { [], 0 },
    };

    /// <summary>An iSCSI SCSI Read (10) command PDU.</summary>
    private static byte[] ReadCommand =>
    [
        0x01, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
        0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ];

    [Theory]
    [MemberData(nameof(Published), DisableDiscoveryEnumeration = true)]
    public void Published_vectors_are_met(byte[] bytes, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(bytes));

    [Fact]
    public void Every_length_agrees_with_the_bitwise_definition()
    {
        byte[] bytes = Payloads.Of(4096, 1);
        uint state = Crc32C.Start;
        for (int length = 0; length <= bytes.Length; length++)
        {
            Assert.Equal(~state, Crc32C.Compute(bytes.AsSpan(0, length)));
            state = length < bytes.Length ? Bitwise(state, bytes.AsSpan(length, 1)) : state;
        }
    }

    /// <summary>The library is another's code: it agrees with ours, brought to any state.</summary>
    [Fact]
    public void The_library_agrees_from_any_state_on()
    {
        byte[] bytes = Payloads.Of(200_000, 3);
        foreach (int length in (int[])[8, 32, 192, 256, 384, 4096, 65_536, 65_544, 199_992])
        {
            foreach (uint state in (uint[])[0, 1, 0x8000_0000, Crc32C.Start, 0x1234_5678])
            {
                Assert.Equal(
                    Bitwise(state, bytes.AsSpan(0, length)),
                    Crc32C.AppendByLibrary(state, bytes.AsSpan(0, length)));
            }
        }
    }

    [Fact]
    public void Products_are_the_same_with_and_without_an_instruction()
    {
        Random random = new(4);
        for (int i = 0; i < 1000; i++)
        {
            uint left = (uint)random.NextInt64(1L << 32);
            uint right = (uint)random.NextInt64(1L << 32);
            Assert.Equal(
                Crc32CShift.MultiplyByBits(left, right), Crc32CShift.Multiply(left, right));
        }
    }

    [Fact]
    public void Every_unaligned_start_agrees_with_the_bitwise_definition()
    {
        byte[] bytes = Payloads.Of(8000, 2);
        foreach (int length in new[] { 1, 7, 8, 63, 383, 384, 385, 3071, 3072, 3073, 7000 })
        {
            for (int start = 0; start < 64; start++)
            {
                ReadOnlySpan<byte> part = bytes.AsSpan(start, length);
                Assert.Equal(~Bitwise(Crc32C.Start, part), Crc32C.Compute(part));
            }
        }
    }

    [Fact]
    public void A_state_can_be_continued_at_every_place()
    {
        byte[] bytes = Payloads.Of(4000, 3);
        uint whole = Crc32C.Compute(bytes);
        for (int cut = 0; cut <= bytes.Length; cut += 13)
        {
            uint state = Crc32C.Append(Crc32C.Start, bytes.AsSpan(0, cut));
            Assert.Equal(whole, Crc32C.Finish(Crc32C.Append(state, bytes.AsSpan(cut))));
        }
    }

    [Fact]
    public void Salt_and_offset_are_eight_bytes_each_before_the_content()
    {
        byte[] bytes = Payloads.Of(100, 4);
        const ulong Salt = 0x0123_4567_89AB_CDEF;
        byte[] all = [.. BitConverter.GetBytes(Salt), .. BitConverter.GetBytes(4096L), .. bytes];
        Assert.Equal(~Bitwise(Crc32C.Start, all), Crc32C.Compute(Salt, 4096, bytes));
    }

    [Fact]
    public void Another_salt_or_offset_is_another_checksum()
    {
        byte[] bytes = new byte[64];
        uint[] sums =
        [
            Crc32C.Compute(0, 0, bytes), Crc32C.Compute(1, 0, bytes),
            Crc32C.Compute(0, 1, bytes), Crc32C.Compute(1, 1, bytes), 0,
        ];
        Assert.Equal(sums.Length, sums.Distinct().Count());
    }

    private static uint Bitwise(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            state ^= value;
            for (int i = 0; i < 8; i++)
            {
                state = (state >> 1) ^ ((state & 1) == 0 ? 0 : 0x82F6_3B78);
            }
        }

        return state;
    }
}
