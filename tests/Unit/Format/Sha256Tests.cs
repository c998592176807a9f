using System.Security.Cryptography;
using System.Text;
using LogEngine.Stores;

namespace LogEngine.Unit.Format;

/// <summary>
/// Case F12: on a system without OpenSSL the first blob ended the process with 134. There the managed
/// hash is taken, which must name every blob as the other does.
/// </summary>
public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Examples_of_the_standard(string text, string hash)
    {
        using Sha256 sha = new(managed: true);
        sha.Append(Encoding.ASCII.GetBytes(text));
        Assert.Equal(hash, Convert.ToHexStringLower(Finish(sha)));
    }

    [Fact]
    public void Every_length_and_every_split_gives_what_the_framework_gives()
    {
        byte[] bytes = new byte[400];
        new Random(5).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            byte[] expected = SHA256.HashData(bytes.AsSpan(0, length));
            for (int cut = 0; cut <= length; cut += 1 + (length / 9))
            {
                using Sha256 sha = new(managed: true);
                sha.Append(bytes.AsSpan(0, cut));
                sha.Append(bytes.AsSpan(cut, length - cut));
                Assert.Equal(expected, Finish(sha));
            }
        }
    }

    [Fact]
    public void A_million_bytes_and_the_frameworks_own()
    {
        byte[] bytes = new byte[1_000_003];
        new Random(6).NextBytes(bytes);
        foreach (bool managed in (bool[])[true, false])
        {
            using Sha256 sha = new(managed);
            sha.Append(bytes);
            Assert.Equal(SHA256.HashData(bytes), Finish(sha));
        }

        Span<byte> hash = stackalloc byte[Sha256.Size];
        Sha256.Hash(bytes, hash);
        Assert.Equal(SHA256.HashData(bytes), hash.ToArray());
    }

    private static byte[] Finish(Sha256 sha)
    {
        byte[] hash = new byte[Sha256.Size];
        sha.Finish(hash);
        return hash;
    }
}
