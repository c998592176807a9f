using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace LogEngine.Stores;

/// <summary>
/// The name of a blob: the SHA-256 of its content. Spelled as 64 lower-case hex digits.
/// </summary>
public readonly struct BlobId : IEquatable<BlobId>, IComparable<BlobId>
{
    /// <summary>Bytes of an id: 32.</summary>
    public static int Size => Sha256.Size;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    /// <summary>The id of these 32 bytes.</summary>
    /// <exception cref="ArgumentException">They are not 32.</exception>
    public BlobId(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != Size)
        {
            throw new ArgumentException($"A blob's id of {hash.Length} bytes; it has {Size}.");
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(hash);
        _low = BinaryPrimitives.ReadUInt128BigEndian(hash[16..]);
    }

    /// <summary>The id that this content has.</summary>
    public static BlobId Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        Sha256.Hash(content, hash);
        return new BlobId(hash);
    }

    /// <summary>Reads 64 hex digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out BlobId id)
    {
        Span<byte> hash = stackalloc byte[Size];
        bool valid = text?.Length == 2 * Size
            && Convert.FromHexString(text, hash, out _, out _)
                == OperationStatus.Done;
        id = valid ? new BlobId(hash) : default;
        return valid;
    }

    /// <summary>Reads 64 hex digits.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static BlobId Parse(string text) => TryParse(text, out BlobId id)
        ? id
        : throw new FormatException($"'{text}' is no blob id: 64 hex digits are.");

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString()
    {
        Span<byte> hash = stackalloc byte[Size];
        CopyTo(hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <inheritdoc/>
    public bool Equals(BlobId other) => _high == other._high && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BlobId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <summary>Order of the bytes.</summary>
    public int CompareTo(BlobId other) =>
        _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>Whether both are the same.</summary>
    public static bool operator ==(BlobId left, BlobId right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(BlobId left, BlobId right) => !left.Equals(right);

    /// <summary>Whether the first comes before the second.</summary>
    public static bool operator <(BlobId left, BlobId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first comes before the second or is the same.</summary>
    public static bool operator <=(BlobId left, BlobId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first comes behind the second.</summary>
    public static bool operator >(BlobId left, BlobId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first comes behind the second or is the same.</summary>
    public static bool operator >=(BlobId left, BlobId right) => left.CompareTo(right) >= 0;
}
