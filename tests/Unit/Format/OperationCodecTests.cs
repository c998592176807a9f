using LogEngine.Format;

namespace LogEngine.Unit.Format;

public sealed class OperationCodecTests
{
    private static readonly byte[] _key = [0xA1, 0xA2, 0xA3];
    private static readonly byte[] _value = [0xB1, 0xB2];

    /// <summary>Kind, flags, expiry, version.</summary>
    public static TheoryData<int, int, long, long> Shapes => new()
    {
        { (int)OperationKind.Put, (int)OperationFlags.None, 0, 0 },
        { (int)OperationKind.Put, (int)OperationFlags.Chunked, 0, 0 },
        { (int)OperationKind.Put, (int)OperationFlags.HasExpiry, 0x0102_0304_0506_0708, 0 },
        { (int)OperationKind.Put, (int)(OperationFlags.HasExpiry | OperationFlags.Chunked), 77, 0 },
        { (int)OperationKind.Delete, (int)OperationFlags.None, 0, 0 },
        { (int)OperationKind.DeleteRange, (int)OperationFlags.None, 0, 0 },
        { (int)OperationKind.Relocate, (int)OperationFlags.None, 0, 0x1112_1314_1516_1718 },
        { (int)OperationKind.Relocate, (int)OperationFlags.HasExpiry, 0x0102_0304_0506_0708, 99 },
        { (int)OperationKind.Touch, (int)OperationFlags.None, 0, 0x1112_1314_1516_1718 },
        { (int)OperationKind.Touch, (int)OperationFlags.HasExpiry, 0x0102_0304_0506_0708, 99 },
        { (int)OperationKind.CreateKeyspace, (int)OperationFlags.None, 0, 0 },
        { (int)OperationKind.DropKeyspace, (int)OperationFlags.None, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void An_operation_reads_back(int kind, int flags, long expires, long version)
    {
        byte[] payload = Encode(kind, flags, expires, version);
        Assert.True(OperationCodec.TryRead(payload, out Operation read));
        Assert.Equal((OperationKind)kind, read.Kind);
        Assert.Equal((OperationFlags)flags, read.Flags);
        Assert.Equal(0xC1C2_C3C4, read.Keyspace);
        Assert.Equal(expires, read.ExpiresTicks);
        Assert.Equal(version, read.Version);
        Assert.Equal(_key, read.Key.ToArray());
        Assert.Equal(_value, read.Value.ToArray());
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_bytes_are_where_the_format_says(
        int kind, int flags, long expires, long version)
    {
        byte[] expected =
        [
            (byte)kind, (byte)flags, 3, 0, 0xC4, 0xC3, 0xC2, 0xC1,
            .. expires == 0 ? [] : BitConverter.GetBytes(expires),
            .. OperationCodec.NamesVersion((OperationKind)kind) ? BitConverter.GetBytes(version) : [],
            .. _key,
            .. _value,
        ];
        byte[] payload = Encode(kind, flags, expires, version);
        Assert.Equal(expected, payload);
        Assert.Equal(
            payload.Length - _key.Length - _value.Length,
            OperationCodec.HeadLength((OperationKind)kind, hasExpiry: expires != 0));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_payload_that_ends_within_its_key_is_none(
        int kind, int flags, long expires, long version)
    {
        byte[] payload = Encode(kind, flags, expires, version)[..^_value.Length];
        Assert.True(OperationCodec.TryRead(payload, out Operation whole));
        Assert.True(whole.Value.IsEmpty);
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.False(OperationCodec.TryRead(payload.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void Only_known_kinds_and_flags_are_read()
    {
        byte[] payload = Encode((int)OperationKind.Put, 0, 0, 0);
        for (int kind = 0; kind < 256; kind++)
        {
            payload[0] = (byte)kind;

            // As a relocation or a touch it has no room for its version.
            Assert.Equal(
                kind is >= 1 and <= 6 and not 4, OperationCodec.TryRead(payload, out _));
        }

        payload = [1, 0, 0, 0, .. new byte[4 + 16]];
        for (int flags = 0; flags < 256; flags++)
        {
            payload[1] = (byte)flags;
            Assert.Equal(flags < 4, OperationCodec.TryRead(payload, out _));
        }
    }

    [Fact]
    public void Nothing_but_a_head_is_an_operation_without_key_and_value()
    {
        byte[] payload = new byte[OperationCodec.HeadSize];
        int head = OperationCodec.WriteHead(
            payload, OperationKind.Put, OperationFlags.None, 1, keyLength: 0, 0, 0);
        Assert.Equal(OperationCodec.HeadSize, head);
        Assert.True(OperationCodec.TryRead(payload, out Operation read));
        Assert.True(read.Key.IsEmpty && read.Value.IsEmpty);
    }

    [Fact]
    public void The_longest_key_fits_and_only_the_keyspace_changes_when_it_is_set()
    {
        byte[] payload = new byte[OperationCodec.HeadSize + ushort.MaxValue];
        OperationCodec.WriteHead(
            payload, OperationKind.Delete, OperationFlags.None, 1, ushort.MaxValue, 0, 0);
        OperationCodec.SetKeyspace(payload, 0x0A0B_0C0D);
        Assert.True(OperationCodec.TryRead(payload, out Operation read));
        Assert.Equal(ushort.MaxValue, read.Key.Length);
        Assert.Equal(0x0A0B_0C0Du, read.Keyspace);
        Assert.Equal(OperationKind.Delete, read.Kind);
    }

    [Fact]
    public void An_expiry_is_flagged_whether_or_not_the_caller_has_said_so()
    {
        byte[] payload = new byte[OperationCodec.MaxHeadSize];
        foreach (OperationFlags said in (OperationFlags[])[0, OperationFlags.HasExpiry])
        {
            int head = OperationCodec.WriteHead(
                payload, OperationKind.Put, said, 1, keyLength: 0, expiresTicks: 9, version: 0);
            Assert.True(OperationCodec.TryRead(payload.AsSpan(0, head), out Operation read));
            Assert.Equal((OperationFlags.HasExpiry, 9L), (read.Flags, read.ExpiresTicks));
        }
    }

    private static byte[] Encode(int kind, int flags, long expires, long version)
    {
        byte[] payload = new byte[OperationCodec.MaxHeadSize + _key.Length + _value.Length];
        payload.AsSpan().Fill(0xEE);
        int head = OperationCodec.WriteHead(
            payload,
            (OperationKind)kind,
            (OperationFlags)flags & ~OperationFlags.HasExpiry,
            0xC1C2_C3C4,
            _key.Length,
            expires,
            version);
        _key.CopyTo(payload.AsSpan(head));
        _value.CopyTo(payload.AsSpan(head + _key.Length));
        return payload[..(head + _key.Length + _value.Length)];
    }
}
