using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LogEngine.Stores;

/// <summary>
/// SHA-256 piece by piece. The framework's own where there is one: on Linux it is OpenSSL's, and where
/// that library is not installed the framework ends the process at the first use, so it is looked for
/// first; FIPS 180-4 in managed code is the other. Both give the same, so a blob has one name.
/// </summary>
internal sealed class Sha256 : IDisposable
{
    internal const int Size = 32;
    private const int BlockBytes = 64;
    private const int Rounds = 64;
    private const int PieceBytes = 64 << 10;

    /// <summary>
    /// The names under which the framework's shim looks for the library, newest first; a version of the
    /// user's choice comes before them.
    /// </summary>
    private static readonly string[] _libraries =
        ["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10"];

    /// <summary>Fractions of the square roots of the first eight primes.</summary>
    private static readonly uint[] _initial =
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    /// <summary>Fractions of the cube roots of the first 64 primes.</summary>
    private static readonly uint[] _constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
        0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
        0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
        0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
        0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
        0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
        0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static readonly Lazy<bool> _frameworkHas = new(FrameworkHas);

    private readonly IncrementalHash? _framework;
    private readonly uint[] _state = new uint[8];
    private readonly byte[] _block = new byte[BlockBytes];
    private int _filled;
    private ulong _length;

    internal Sha256()
        : this(managed: !_frameworkHas.Value)
    {
    }

    /// <param name="managed">Whether to take the managed one, whatever there is.</param>
    internal Sha256(bool managed)
    {
        _framework = managed ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _initial.CopyTo(_state, 0);
    }

    /// <summary>The hash of bytes that are at hand.</summary>
    internal static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        using Sha256 sha = new();
        sha.Append(bytes);
        sha.Finish(hash);
    }

    /// <summary>The hash of a stream from where it is to its end.</summary>
    internal static async ValueTask<byte[]> HashAsync(
        Stream stream, CancellationToken cancellationToken)
    {
        using Sha256 sha = new();
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (int read = 1; read > 0;)
            {
                read = await stream.ReadAsync(piece, cancellationToken).ConfigureAwait(false);
                sha.Append(piece.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        byte[] hash = new byte[Size];
        sha.Finish(hash);
        return hash;
    }

    internal void Append(ReadOnlySpan<byte> bytes)
    {
        if (_framework is not null)
        {
            _framework.AppendData(bytes);
            return;
        }

        _length = checked(_length + (ulong)bytes.Length);
        if (_filled > 0)
        {
            int count = Math.Min(BlockBytes - _filled, bytes.Length);
            bytes[..count].CopyTo(_block.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled < BlockBytes)
            {
                return;
            }

            Compress(_block);
            _filled = 0;
        }

        for (; bytes.Length >= BlockBytes; bytes = bytes[BlockBytes..])
        {
            Compress(bytes[..BlockBytes]);
        }

        bytes.CopyTo(_block);
        _filled = bytes.Length;
    }

    /// <summary>The hash of all that was appended; nothing may follow.</summary>
    internal void Finish(Span<byte> hash)
    {
        if (_framework is not null)
        {
            _framework.GetHashAndReset(hash);
            return;
        }

        // A one bit, zeros, and the length in bits fill the last block, or the last two.
        ulong bits = checked(_length * 8);
        _block[_filled++] = 0x80;
        if (_filled > BlockBytes - sizeof(ulong))
        {
            _block.AsSpan(_filled).Clear();
            Compress(_block);
            _filled = 0;
        }

        _block.AsSpan(_filled).Clear();
        BinaryPrimitives.WriteUInt64BigEndian(_block.AsSpan(BlockBytes - sizeof(ulong)), bits);
        Compress(_block);
        for (int i = 0; i < _state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], _state[i]);
        }
    }

    public void Dispose() => _framework?.Dispose();

    private static bool FrameworkHas()
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        string? chosen = Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE");
        IEnumerable<string> names =
            chosen is null ? _libraries : [$"libssl.so.{chosen}", .. _libraries];
        return names.Any(name => NativeLibrary.TryLoad(name, out _));
    }

    private void Compress(ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[Rounds];
        for (int i = 0; i < 16; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
        }

        for (int i = 16; i < Rounds; i++)
        {
            uint near = words[i - 2];
            uint far = words[i - 15];
            words[i] = words[i - 16] + words[i - 7]
                + (BitOperations.RotateRight(far, 7) ^ BitOperations.RotateRight(far, 18) ^ (far >> 3))
                + (BitOperations.RotateRight(near, 17) ^ BitOperations.RotateRight(near, 19)
                    ^ (near >> 10));
        }

        (uint a, uint b, uint c, uint d) = (_state[0], _state[1], _state[2], _state[3]);
        (uint e, uint f, uint g, uint h) = (_state[4], _state[5], _state[6], _state[7]);
        for (int i = 0; i < Rounds; i++)
        {
            uint first = h
                + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11)
                    ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g)) + _constants[i] + words[i];
            uint second = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13)
                    ^ BitOperations.RotateRight(a, 22))
                + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d + first);
            (d, c, b, a) = (c, b, a, first + second);
        }

        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }
}
