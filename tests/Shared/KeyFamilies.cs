using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace LogEngine.Tests;

/// <summary>The key of a number, in a family: the same for the same seed on every machine.</summary>
/// <remarks>
/// Numbers are in the order in which a user would come with them. Two numbers may have one key.
/// </remarks>
internal static class KeyFamilies
{
    internal const int MaxKeyBytes = 2048;

    private const int RunLength = 400;

    /// <summary>Lengths next to the bounds of pages of 2,048 and of 256 bytes.</summary>
    private static readonly int[] BoundaryLengths =
    [
        1, 7, 8, 9, 16, 17, 23, 24, 25, 31, 32, 33, 48, 49, 80, 215, 216, 217, 263, 264, 265, 272,
        273, 432, 433, 500, 512, 513, 520, 776, 777, 1500, 2007, 2008, 2009, 2047, 2048,
    ];

    private static readonly string[] Folders =
        ["src", "var/lib/app", "home/ada/Documents", "usr/share", "node_modules/left-pad", "tmp"];

    private static readonly string[] Endings = [".cs", ".txt", ".min.js", "", ".tar.gz", "/index"];

    private static readonly KeyFamily[] Texts =
    [
        KeyFamily.HexCounter, KeyFamily.Uuid, KeyFamily.Ulid, KeyFamily.Dates, KeyFamily.Paths,
        KeyFamily.Urls, KeyFamily.TenantCounter, KeyFamily.Words, KeyFamily.LongPrefix,
    ];

    internal static IReadOnlyList<KeyFamily> All { get; } = Enum.GetValues<KeyFamily>();

    internal static byte[] Of(KeyFamily family, ulong seed, int number) => family switch
    {
        KeyFamily.Scattered => Numbered((uint)(number % 3), Mix(seed, number)),
        KeyFamily.Numbers => Numbered((uint)(number / 300 % 5), (ulong)number),
        KeyFamily.HexCounter => Text(HexCounter(seed, number)),
        KeyFamily.Uuid => Text(Uuid(seed, number).ToString()),
        KeyFamily.UuidBytes => Uuid(seed, number).ToByteArray(),
        KeyFamily.Ulid => Text(Ulid(seed, number)),
        KeyFamily.Dates => Text(Date(seed, number)),
        KeyFamily.Paths => Text(FilePath(seed, number)),
        KeyFamily.Urls => Text(Url(seed, number)),
        KeyFamily.TenantCounter => Text(Tenant(seed, number)),
        KeyFamily.LongPrefix => LongPrefix(seed, number),
        KeyFamily.Zeros => new byte[1 + (number % MaxKeyBytes)],
        KeyFamily.Ones => Filled(0xFF, 1 + (number % MaxKeyBytes)),
        KeyFamily.FewBytes => FewBytes(seed, number),
        KeyFamily.Beginnings => Beginning(seed, number),
        KeyFamily.EqualHeads => EqualHead(number),
        KeyFamily.LongKeys => LongKey(seed, number),
        KeyFamily.Longest => Longest(seed, number),
        KeyFamily.Words => Word(seed, number),
        _ => Of((KeyFamily)(number % (int)KeyFamily.Mixed), seed, number / (int)KeyFamily.Mixed),
    };

    /// <summary>The text of a number, of all families that are text in turn.</summary>
    internal static string TextOf(int number) => Encoding.UTF8.GetString(
        Of(Texts[number % Texts.Length], 7, number / Texts.Length));

    /// <summary>SplitMix64 of a seed and a number.</summary>
    internal static ulong Mix(ulong seed, long number)
    {
        ulong mixed = (seed * 0xD134_2543_DE82_EF95) + ((ulong)number * 0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Format(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);

    private static byte[] Numbered(uint space, ulong number)
    {
        byte[] key = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(key, space);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(4), number);
        return key;
    }

    private static byte[] Filled(byte value, int length)
    {
        byte[] key = new byte[length];
        key.AsSpan().Fill(value);
        return key;
    }

    private static string HexCounter(ulong seed, int number)
    {
        int run = number / (2 * RunLength);
        string end = number / RunLength % 2 == 0
            ? "primary"
            : "secondary" + new string('z', 62);
        return Format(
            $"{Mix(seed, run):x16}{Mix(seed + 1, run):x16}-{number % RunLength:D4}-{end}");
    }

    private static Guid Uuid(ulong seed, int number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Mix(seed, number));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Mix(~seed, number));
        bytes[7] = (byte)(0x40 | (bytes[7] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes);
    }

    private static string Ulid(ulong seed, int number)
    {
        const string Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        UInt128 value = ((UInt128)(1_790_000_000_000ul + ((ulong)number / 3)) << 80)
            | ((UInt128)(Mix(seed, number) & 0xFFFF) << 64) | Mix(~seed, number);
        return string.Create(26, value, static (text, rest) =>
        {
            for (int i = text.Length - 1; i >= 0; i--)
            {
                text[i] = Digits[(int)(rest & 31)];
                rest >>= 5;
            }
        });
    }

    private static string Date(ulong seed, int number)
    {
        DateTime when = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)
            .AddSeconds((number * 61L) + (long)(Mix(seed, number) % 60));
        ulong sensor = Mix(seed, number / 7) % 40;
        return number % 2 == 0
            ? Format($"sensor-{sensor:D3}/{when:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}")
            : Format($"{when:yyyy/MM/dd}/{sensor}/{when:HH:mm:ss}");
    }

    private static string FilePath(ulong seed, int number)
    {
        ulong chance = Mix(seed, number / 20);
        StringBuilder path = new("/");
        path.Append(Folders[(int)(chance % (ulong)Folders.Length)]);
        for (int depth = (int)((chance >> 8) % 6); depth > 0; depth--)
        {
            path.Append(Format($"/dir{(chance >> (8 + (4 * depth))) % 16:x}"));
        }

        ulong file = Mix(seed, number);
        return path.Append(Format($"/file_{file % 5000}"))
            .Append(Endings[(int)((file >> 32) % (ulong)Endings.Length)]).ToString();
    }

    private static string Url(ulong seed, int number) => Format(
        $"https://host{Mix(seed, number) % 12}.example.com/item/{number % 1000}/{Uuid(seed, number)}/photo-{number % 37}.jpeg");

    private static string Tenant(ulong seed, int number) => Format(
        $"tenant-{Mix(seed, number / 5) % 50:D4}/{(number % 2 == 0 ? "order" : "invoice-line")}/{number / 10:D8}");

    private static byte[] LongPrefix(ulong seed, int number)
    {
        // Above the longest prefix of a page of 2,048 bytes, or only above one of 256 bytes.
        byte[] begin = Filled((byte)'p', seed % 2 == 0 ? 700 : 60);
        return [.. begin, .. Text(Format($"/{Mix(seed, number) % 100_000}"))];
    }

    private static byte[] FewBytes(ulong seed, int number)
    {
        ulong chance = Mix(seed, number);
        byte[] key = new byte[1 + (int)(chance % 14)];
        chance >>= 8;
        for (int i = 0; i < key.Length; i++, chance /= 3)
        {
            key[i] = (chance % 3) switch { 0 => 0, 1 => 1, _ => 0xFF };
        }

        return key;
    }

    private static byte[] Beginning(ulong seed, int number)
    {
        byte[] key = new byte[1 + (number % MaxKeyBytes)];
        for (int i = 0; i < key.Length; i++)
        {
            key[i] = (byte)Mix(seed, i);
        }

        return key;
    }

    /// <summary>Four bytes, then eight that are the same, then zero to twenty more.</summary>
    private static byte[] EqualHead(int number)
    {
        byte[] key = new byte[12 + (number % 21)];
        key.AsSpan(0, 4).Fill((byte)(number % 2));
        for (int i = 12; i < key.Length; i++)
        {
            key[i] = (byte)(number >> (i % 3 * 3));
        }

        return key;
    }

    private static byte[] LongKey(ulong seed, int number)
    {
        byte[] key = Filled(0x61, BoundaryLengths[number % BoundaryLengths.Length]);
        return Told(key, (int)(Mix(seed, number) % MaxKeyBytes), number);
    }

    private static byte[] Longest(ulong seed, int number) =>
        Told(Filled(0x7A, MaxKeyBytes), (int)(Mix(seed, number) % MaxKeyBytes), number);

    /// <summary>Writes a number's low bytes at a place of a key.</summary>
    private static byte[] Told(byte[] key, int at, int number)
    {
        if (key.Length > 1)
        {
            BinaryPrimitives.WriteUInt16BigEndian(
                key.AsSpan(at % (key.Length - 1)), (ushort)number);
        }

        return key;
    }

    private static byte[] Word(ulong seed, int number)
    {
        ulong chance = Mix(seed, number);
        byte[] key = new byte[1 + (int)(chance % 40)];
        for (int i = 0; i < key.Length; i++)
        {
            // The first letters are few, so that words begin alike.
            ulong letters = i < 4 ? 3ul : 26ul;
            key[i] = (byte)('a' + (Mix(chance, i) % letters));
        }

        return key;
    }
}
